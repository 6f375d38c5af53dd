using System.Diagnostics;

namespace Mandos.PluginContracts;

/// <summary>What every plugin has to do, of whatever kind.</summary>
internal static class CommonChecks
{
    /// <summary>The checks.</summary>
    /// <param name="create">Makes a plugin.</param>
    /// <param name="limits">How long to wait.</param>
    public static IEnumerable<PluginCheck> Of<T>(Func<ContractContext, T> create, ContractLimits limits)
        where T : class
        =>
    [
        new("is constructed quickly and without a file", _ => IsConstructedQuicklyAsync(create, limits)),
        new("can be disposed twice, and unused", _ => Trial.UseAsync(create, (plugin, _) => Trial.DisposeAsync(plugin))),
    ];

    private static async Task IsConstructedQuicklyAsync<T>(Func<ContractContext, T> create, ContractLimits limits)
        where T : class
    {
        // The quickest counts: on a busy machine some take long through no fault of their own.
        TimeSpan quickest = TimeSpan.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await Trial.UseAsync(
                context =>
                {
                    _ = context.StateDirectory;
                    start = Stopwatch.GetTimestamp();
                    return create(context);
                },
                (_, context) =>
                {
                    TimeSpan taken = Stopwatch.GetElapsedTime(start);
                    quickest = taken < quickest ? taken : quickest;
                    Contract.Require(
                        !Directory.EnumerateFileSystemEntries(context.StateDirectory).Any(),
                        "its constructor makes a file in the state directory; it should do no input or output");
                    return Task.CompletedTask;
                }).ConfigureAwait(false);
        }

        Contract.Require(
            quickest < limits.Instant,
            $"its constructor takes more than {limits.Instant.TotalSeconds:0.###} s; it should do no input or output");
    }
}
