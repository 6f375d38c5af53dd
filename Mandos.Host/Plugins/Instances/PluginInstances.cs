using System.Collections.Concurrent;
using System.Globalization;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Isolation;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins.Instances;

/// <summary>All that the server has had plugins construct, to be disposed at its end, the last one first.</summary>
internal sealed partial class PluginInstances(TimeProvider timeProvider, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly ConcurrentStack<(string Name, Plugin Plugin, object Instance)> _instances = new();

    /// <summary>How long all constructions took that succeeded.</summary>
    public TimeSpan ConstructionTime { get; private set; }

    /// <summary>Constructs an export.</summary>
    /// <exception cref="PluginException">Its constructor failed or hangs.</exception>
    public PluginInstance<T> Create<T>(PluginExport<T> export)
        where T : class
    {
        long start = timeProvider.GetTimestamp();
        T instance = export.Create();
        ConstructionTime += timeProvider.GetElapsedTime(start);
        string name = $"{PluginKind.Of<T>()} “{export.Name}”";
        _instances.Push((name, export.Plugin, instance));
        return new(name, export.Name, export.Plugin, instance);
    }

    /// <summary>Constructs all exports of a kind; those that fail are logged and left out.</summary>
    public IReadOnlyList<PluginInstance<T>> CreateAll<T>(IEnumerable<PluginExport<T>> exports)
        where T : class
    {
        var created = new List<PluginInstance<T>>();
        foreach (PluginExport<T> export in exports)
        {
            try
            {
                created.Add(Create(export));
            }
            catch (PluginException e)
            {
                LogNotCreated(e.Message);
            }
        }

        return created;
    }

    /// <summary>
    /// Disposes each instance once, in reverse order of construction. One that fails or hangs is logged, and stops no other. Does not throw.
    /// </summary>
    /// <param name="hurry">Ends the present wait, and leaves the instances that follow the shortest limit.</param>
    public async Task DisposeAllAsync(CancellationToken hurry)
    {
        long start = timeProvider.GetTimestamp();
        while (_instances.TryPop(out var disposable))
        {
            (string name, Plugin plugin, object instance) = disposable;
            if (instance is not (IDisposable or IAsyncDisposable))
            {
                continue;
            }

            TimeSpan left = hurry.IsCancellationRequested ? TimeSpan.Zero : PluginLimits.AllDisposals - timeProvider.GetElapsedTime(start);
            TimeSpan limit = left > PluginLimits.Disposal ? PluginLimits.Disposal
                : left > PluginLimits.LeastDisposal ? left : PluginLimits.LeastDisposal;
            Task disposal = PluginThread.DisposeAsync(instance);
            try
            {
                await disposal.WaitAsync(limit, timeProvider, hurry.IsCancellationRequested ? default : hurry).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!disposal.IsCompleted)
            {
                LogNotAwaited(plugin.Description.Name, name);
            }
            catch (Exception e)
            {
                // The end goes on whatever fails on the way
                string reason = !disposal.IsCompleted
                    ? string.Create(CultureInfo.InvariantCulture, $"it has not ended within {limit.TotalSeconds:0.#} s")
                    : plugin.Summarize(e);
                plugin.Fail($"cannot dispose {name}: {reason}");
                LogNotDisposed(plugin.Description.Name, name, reason);
            }
        }
    }
}
