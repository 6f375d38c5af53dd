using Microsoft.Extensions.Logging;

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
    {
        PluginCheck found = Assert.Single(checks, candidate => candidate.Name == check);
        Assert.SkipUnless(found.SkipReason is null, found.SkipReason ?? "");
        return found.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Runs the check that has to notice a fault; it must fail and say why in a line.</summary>
    public static async Task FailsAsync<T>(IEnumerable<Fault<T>> faults, string fault, Func<T, IEnumerable<PluginCheck>> checks)
    {
        Fault<T> found = Assert.Single(faults, candidate => candidate.Name == fault);
        PluginCheck check = Assert.Single(checks(found.Create), candidate => candidate.Name == found.Check);
        Assert.SkipUnless(check.SkipReason is null, check.SkipReason ?? "");

        var violation = await Assert.ThrowsAsync<ContractViolationException>(
            () => check.RunAsync(TestContext.Current.CancellationToken));

        Assert.DoesNotContain('\n', violation.Message);
        TestContext.Current.TestOutputHelper?.WriteLine(violation.Message);
    }

    /// <summary>Faults that a plugin of any kind can have.</summary>
    /// <param name="create">Makes a good plugin.</param>
    /// <param name="createOnceDisposed">Makes one that cannot be disposed twice.</param>
    public static IEnumerable<Fault<Func<ContractContext, T>>> CommonFaults<T>(
        Func<ContractContext, T> create, Func<T> createOnceDisposed) =>
    [
        new("makes a file in its constructor", "is constructed quickly and without a file", context =>
        {
            File.WriteAllText(Path.Join(context.StateDirectory, "file"), "");
            return create(context);
        }),
        new("cannot be disposed twice", "can be disposed twice, and unused", _ => createOnceDisposed()),
    ];

    /// <summary>What can be done once only.</summary>
    public static Action Once()
    {
        bool done = false;
        return () =>
        {
            ObjectDisposedException.ThrowIf(done, typeof(ContractTests));
            done = true;
        };
    }

    /// <summary>Logs a text.</summary>
    public static void Log(ContractContext context, string text)
        => context.Logger.Log(LogLevel.Debug, default, text, null, (text, _) => text);

    /// <summary>For each check there must be a fault.</summary>
    public static void Complete<T>(IEnumerable<PluginCheck> checks, IEnumerable<Fault<T>> faults)
        => Assert.Equal(checks.Select(check => check.Name).Order(), faults.Select(fault => fault.Check).Distinct().Order());
}
