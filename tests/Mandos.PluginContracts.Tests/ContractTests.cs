using Microsoft.Extensions.Logging;

namespace Mandos.PluginContracts.Tests;

/// <summary>What the tests of contracts make use of.</summary>
internal static class ContractTests
{
    /// <summary>Waits for plugins that never end are short.</summary>
    public static ContractLimits Impatient { get; } = new()
    {
        Stop = TimeSpan.FromSeconds(0.1),
        Run = TimeSpan.FromSeconds(0.3),
        Check = TimeSpan.FromSeconds(0.1),
        Subscribe = TimeSpan.FromSeconds(0.3),
        Instant = TimeSpan.FromSeconds(0.005),
    };

    public static TheoryData<string> Names(IEnumerable<PluginCheck> checks) => [.. checks.Select(check => check.Name)];

    /// <summary>Runs one check; it must pass.</summary>
    public static Task PassesAsync(IEnumerable<PluginCheck> checks, string check)
    {
        PluginCheck found = Assert.Single(checks, candidate => candidate.Name == check);
        Assert.SkipUnless(found.SkipReason is null, found.SkipReason ?? "");
        return found.RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Faults that a plugin of any kind can have.</summary>
    /// <param name="create">Makes a good plugin.</param>
    /// <param name="createOnceDisposed">Makes one that cannot be disposed twice.</param>
    public static IEnumerable<Fault<Func<ContractContext, T>>> CommonFaults<T>(
        Func<ContractContext, T> create, Func<ContractContext, T> createOnceDisposed) =>
    [
        new("makes a file in its constructor", "is constructed quickly and without a file", context =>
        {
            File.WriteAllText(Path.Join(context.StateDirectory, "file"), "");
            return create(context);
        }),
        new("cannot be disposed twice", "can be disposed twice, and unused", createOnceDisposed),
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
}
