using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>The signals that a person or systemd sends: to stop, to stop in a hurry, and to re-read the clients.</summary>
internal sealed partial class ServerSignals : IDisposable
{
    private readonly TaskCompletionSource<string> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _hurry = new();
    private readonly Channel<PosixSignal> _hangUps =
        Channel.CreateBounded<PosixSignal>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly PosixSignalRegistration[] _registrations;

    private readonly ILogger _logger;

    /// <summary>Begins to catch them.</summary>
    /// <param name="logger">The log.</param>
    public ServerSignals(ILogger logger)
    {
        _logger = logger;
        _registrations =
        [
            Catch(PosixSignal.SIGTERM, () => RequestStop("SIGTERM")),
            Catch(PosixSignal.SIGINT, () => RequestStop("SIGINT")),
            Catch(PosixSignal.SIGHUP, () => _hangUps.Writer.TryWrite(PosixSignal.SIGHUP)),
        ];
    }

    /// <summary>Ends when the first signal to stop comes.</summary>
    public Task Stop => _stop.Task;

    /// <summary>Cancelled by a second signal to stop: then the end waits for checks and the last save, but not for plugins.</summary>
    public CancellationToken Hurry => _hurry.Token;

    /// <summary>Each SIGHUP. Those that come before one is read count as one.</summary>
    public ChannelReader<PosixSignal> HangUps => _hangUps.Reader;

    /// <summary>Logs by which signal the server stops.</summary>
    public async Task LogStopAsync() => LogStopping(await _stop.Task.ConfigureAwait(false));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _hurry.Dispose();
    }

    private void RequestStop(string signal)
    {
        if (!_stop.TrySetResult(signal))
        {
            _hurry.Cancel();
        }
    }

    private static PosixSignalRegistration Catch(PosixSignal signal, Action action)
        => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true; // not the default, which ends the process at once
            action();
        });
}
