namespace Mandos.PluginContracts.Tests;

/// <summary>
/// What the tests of all contracts have in common: good plugins pass, and for each check there is a fault that it notices.
/// </summary>
internal static class ContractTests
{
    /// <summary>Waits for plugins that never end are short.</summary>
    public static ContractLimits Impatient { get; } = new()
    {
        Stop = TimeSpan.FromSeconds(0.1),
        Run = TimeSpan.FromSeconds(0.3),
        Quick = TimeSpan.FromSeconds(0.02),
    };

    public static TheoryData<string> Names(IEnumerable<PluginCheck> checks) => [.. checks.Select(check => check.Name)];

    public static TheoryData<string> Names<T>(IEnumerable<Fault<T>> faults) => [.. faults.Select(fault => fault.Name)];

    /// <summary>Runs one check; it must pass.</summary>
    public static Task PassesAsync(IEnumerable<PluginCheck> checks, string check)
        => Assert.Single(checks, candidate => candidate.Name == check).RunAsync(TestContext.Current.CancellationToken);

    /// <summary>Runs the check that has to notice a fault; it must fail and say why in a line.</summary>
    public static async Task FailsAsync<T>(IEnumerable<Fault<T>> faults, string fault, Func<T, IEnumerable<PluginCheck>> checks)
    {
        Fault<T> found = Assert.Single(faults, candidate => candidate.Name == fault);
        PluginCheck check = Assert.Single(checks(found.Create), candidate => candidate.Name == found.Check);

        var violation = await Assert.ThrowsAsync<ContractViolationException>(
            () => check.RunAsync(TestContext.Current.CancellationToken));

        Assert.DoesNotContain('\n', violation.Message);
        TestContext.Current.TestOutputHelper?.WriteLine(violation.Message);
    }

    /// <summary>For each check there must be a fault.</summary>
    public static void Complete<T>(IEnumerable<PluginCheck> checks, IEnumerable<Fault<T>> faults)
        => Assert.Equal(checks.Select(check => check.Name).Order(), faults.Select(fault => fault.Check).Distinct().Order());
}
