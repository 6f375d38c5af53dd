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
        const int times = 10;
        await Trial.UseAsync(create, (_, _) => Task.CompletedTask).ConfigureAwait(false);
        var taken = TimeSpan.Zero;
        for (int i = 0; i < times; i++)
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
                    taken += Stopwatch.GetElapsedTime(start);
                    Contract.Require(
                        !Directory.EnumerateFileSystemEntries(context.StateDirectory).Any(),
                        "its constructor makes a file in the state directory; it should do no input or output");
                    return Task.CompletedTask;
                }).ConfigureAwait(false);
        }

        Contract.Require(
            taken < limits.Quick,
            $"{times} times its constructor took more than {limits.Quick.TotalSeconds:0.##} s; it should do no input or output");
    }
}
