using Xunit;

namespace Mandos.PluginContracts.Xunit;

/// <summary>The checks of a contract as the cases of a theory: each a test of its own with the check's name.</summary>
internal static class ContractCase
{
    /// <summary>A case for each check.</summary>
    /// <param name="checks">The checks, which need not be able to make a plugin.</param>
    public static TheoryData<string> Of(IReadOnlyList<PluginCheck> checks)
        => [.. checks.Select(check => new TheoryDataRow<string>(check.Name) { Label = check.Name })];

    /// <summary>Does the check of a case, or skips it where it cannot be done.</summary>
    /// <param name="checks">The checks of the plugin.</param>
    /// <param name="name">Name of the check.</param>
    public static Task RunAsync(IReadOnlyList<PluginCheck> checks, string name)
    {
        PluginCheck check = checks.Single(check => check.Name == name);
        if (check.SkipReason is { } reason)
        {
            Assert.Skip(reason);
        }

        return check.RunAsync(TestContext.Current.CancellationToken);
    }
}
