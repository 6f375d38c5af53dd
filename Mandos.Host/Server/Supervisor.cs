using Mandos.Abstractions.Plugins;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Isolation;
using Mandos.PluginContracts;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>
/// Keeps announcers and control surfaces running: one that fails is logged and run again, one that hangs is left alone, and the server goes on.
/// </summary>
internal sealed partial class Supervisor(TimeProvider timeProvider, ILogger logger)
{
    private static readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>A run that lasted this long was a good one: the next failure starts with the shortest pause again.</summary>
    private static readonly TimeSpan _goodRun = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;

    /// <summary>
    /// Runs something again and again until cancelled; then it ends within <see cref="PluginLimits.Stop"/>. Does not throw.
    /// </summary>
    /// <param name="name">What it is, for the log.</param>
    /// <param name="plugin">The plugin that it belongs to. When an exception on one of its threads is caught, the run is ended too.</param>
    /// <param name="run">Runs it once. It gets a thread of its own, which it may block, although it should not.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(string name, Plugin plugin, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        TimeSpan pause = TimeSpan.Zero;
        while (!cancellationToken.IsCancellationRequested)
        {
            long start = timeProvider.GetTimestamp();
            (string reason, bool isHopeless) = await RunOnceAsync(name, plugin, run, cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            bool wasGood = timeProvider.GetElapsedTime(start) >= _goodRun;
            if (isHopeless && !wasGood)
            {
                LogHopeless(plugin.Description.Name, name, reason);
                return;
            }

            pause = wasGood ? _backoff.Shortest : _backoff.After(pause);
            LogEnded(name, reason, pause.TotalSeconds);
            await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>Why it ended, and whether another run is of no use, because code of the plugin's is missing.</returns>
    private async Task<(string Reason, bool IsHopeless)> RunOnceAsync(string name, Plugin plugin, Func<CancellationToken, Task> run, CancellationToken stop)
    {
        // Of this run alone, and not linked: a callback that hangs must keep nobody else from being cancelled.
        var cancel = new CancellationTokenSource();
        Task faulted = plugin.NextFault;
        // Linked, so that nothing of this run stays with the server's token when it is over.
        using CancellationTokenSource stopped = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task stopping = Task.Delay(Timeout.InfiniteTimeSpan, timeProvider, stopped.Token);
        Task<Task> starting = PluginThread.Start(() => run(cancel.Token));
        Task running = starting.Unwrap();
        _ = WatchStartAsync(name, plugin, starting, stop);

        Task first = await Task.WhenAny(running, stopping, faulted).ConfigureAwait(false);
        if (first != running)
        {
            _ = cancel.CancelAsync();
            await running.WaitAsync(PluginLimits.Stop, timeProvider, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!running.IsCompleted)
            {
                TellDoesNotStop(name, plugin);
                // One instance is not run twice at a time.
                await Task.WhenAny(running, stopping).ConfigureAwait(false);
            }

            return ("one of its threads let an exception go", false);
        }

        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (MissingCode.Find(running.Exception) is { } missing)
        {
            string reason = plugin.Summarize(missing);
            plugin.Fail($"{name} lacks code that it needs: {reason}");
            return (reason, true);
        }

        return (running.Exception?.InnerException is { } error ? plugin.Summarize(error) : "it ended by itself", false);
    }

    /// <summary>Says so if a run that was told to end, while its plugin is to go on, does not within <see cref="PluginLimits.Stop"/>. Does not throw.</summary>
    /// <param name="name">What it is, for the log.</param>
    /// <param name="plugin">The plugin that it belongs to.</param>
    /// <param name="running">The run.</param>
    /// <param name="stop">The end of all, which <see cref="RunAsync"/> sees to.</param>
    public async Task WatchEndAsync(string name, Plugin plugin, Task running, CancellationToken stop)
    {
        await running.WaitAsync(PluginLimits.Stop, timeProvider, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!running.IsCompleted && !stop.IsCancellationRequested)
        {
            TellDoesNotStop(name, plugin);
        }
    }

    private void TellDoesNotStop(string name, Plugin plugin)
    {
        plugin.Fail($"{name} does not stop");
        LogDoesNotStop(plugin.Description.Name, name, PluginLimits.Stop.TotalSeconds);
    }

    private async Task WatchStartAsync(string name, Plugin plugin, Task starting, CancellationToken stop)
    {
        await starting.WaitAsync(PluginLimits.Start, timeProvider, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!starting.IsCompleted && !stop.IsCancellationRequested)
        {
            plugin.Fail($"{name} hangs at its start");
            LogHangs(plugin.Description.Name, name, PluginLimits.Start.TotalSeconds);
        }
    }
}
