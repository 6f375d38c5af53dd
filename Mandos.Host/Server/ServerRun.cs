using Mandos.Engine;
using Mandos.Host.Daemon;
using Mandos.Host.Listening;
using Mandos.Host.Plugins.Isolation;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Serves until a signal comes or a part dies, and then stops all parts, each within a time of its own.</summary>
/// <param name="context">What the parts of the server share.</param>
/// <param name="engine">The engine, which has started.</param>
/// <param name="places">Where connections are accepted.</param>
/// <param name="report">Tells control surfaces and systemd where.</param>
/// <param name="signals">The signals.</param>
internal sealed partial class ServerRun(
    ServerContext context, MandosEngine engine, ListenPlaces places, ServerReport report, ServerSignals signals)
{
    /// <summary>How long the end of the server waits for each of its parts, beyond the time that plugins have to stop.</summary>
    private static readonly TimeSpan _stopTime = PluginLimits.Stop + TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = context.Logger;

    /// <summary>Serves, and stops.</summary>
    /// <param name="room">How many connections may be open at once.</param>
    /// <param name="warmUp">Prepares TLS.</param>
    /// <param name="reload">Re-reads the clients when it is asked to.</param>
    /// <param name="extras">Runs announcers and control surfaces.</param>
    /// <param name="probes">Answers those who ask whether the server is well.</param>
    /// <param name="guard">Ends a server that does not answer.</param>
    /// <param name="pidFile">Written once the server serves; null for none.</param>
    /// <returns>What has died; null after a signal.</returns>
    public async Task<string?> RunAsync(
        int room, Func<CancellationToken, Task> warmUp, Func<CancellationToken, Task> reload, Func<CancellationToken, Task> extras,
        Func<CancellationToken, Task> probes, HangGuard guard, PidFile? pidFile)
    {
        using var stopping = new CancellationTokenSource();
        CancellationToken stop = stopping.Token;
        IReadOnlyList<Task> accepting = places.Run(engine.Serve, new SemaphoreSlim(room), stop);
        Task following = Task.Run(() => report.FollowAsync(stop), CancellationToken.None);
        Task warming = Task.Run(() => warmUp(stop), CancellationToken.None);
        Task reloading = Task.Run(() => reload(stop), CancellationToken.None);
        Task running = Task.Run(() => extras(stop), CancellationToken.None);
        guard.RequireAnswers(engine, places, stop);
        Task probing = Task.Run(() => probes(stop), CancellationToken.None);

        pidFile?.Write();
        context.Daemon?.ReportReady();
        report.TellReady();
        _ = HeapTrim.RunAsync(context.TimeProvider, stop);

        string? fault = await WaitForEndAsync(accepting).ConfigureAwait(false);
        context.Notifier.Stopping();
        guard.RequireNoAnswers();

        // The announcement is withdrawn, the sockets are closed, and the connections are ended, all at once and before plugins have their
        // time to stop: mandos-client waits for ever on a server that is silent.
        await stopping.CancelAsync().ConfigureAwait(false);
        engine.TurnAwayAll();
        await Task.WhenAll(
            StopAsync(Task.WhenAll([.. accepting, following, reloading, probing]), "accepting connections", signals.Hurry),
            StopAsync(warming, "the preparation of TLS", signals.Hurry),
            StopAsync(running, "plugins", signals.Hurry)).ConfigureAwait(false);
        await StopAsync(engine.StopAsync(CancellationToken.None), "the engine", CancellationToken.None).ConfigureAwait(false);
        return fault;
    }

    /// <returns>What has died; null after a signal.</returns>
    private async Task<string?> WaitForEndAsync(IReadOnlyList<Task> accepting)
    {
        Task first = await Task.WhenAny([signals.Stop, engine.Completion, .. accepting]).ConfigureAwait(false);
        if (first == signals.Stop)
        {
            await signals.LogStopAsync().ConfigureAwait(false);
            return null;
        }

        string what = first == engine.Completion ? "the engine" : "accepting connections";
        string fault = $"{what} died: {first.Exception?.InnerException?.Message ?? "it ended"}";
        LogDied(fault);
        return fault;
    }

    /// <summary>Waits until a part has stopped, for as long as it may take. Does not throw.</summary>
    private async Task StopAsync(Task part, string name, CancellationToken hurry)
    {
        try
        {
            await part.WaitAsync(_stopTime, context.TimeProvider, hurry).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (hurry.IsCancellationRequested)
        {
            LogHurried(name);
        }
        catch (Exception e)
        {
            // The end goes on whatever fails on the way.
            LogBadStop(name, e.Message);
        }
    }
}
