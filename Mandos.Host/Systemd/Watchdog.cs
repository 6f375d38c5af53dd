using Microsoft.Extensions.Logging;

namespace Mandos.Host.Systemd;

/// <summary>Gives systemd its signs of life as long as the server answers; without them it restarts the server.</summary>
/// <param name="notifier">The way to systemd.</param>
/// <param name="probe">Ends when the server has answered; fails if it is not well.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class Watchdog(
    ServiceNotifier notifier, Func<CancellationToken, Task> probe, TimeProvider timeProvider, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Runs until cancelled, or not at all if systemd wants no signs of life. Does not throw.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (notifier.WatchdogTime is not { } limit)
        {
            return;
        }

        TimeSpan interval = limit / 2;
        using var timer = new PeriodicTimer(interval, timeProvider);
        try
        {
            do
            {
                try
                {
                    await probe(cancellationToken).WaitAsync(interval, timeProvider, cancellationToken).ConfigureAwait(false);
                    notifier.Alive();
                }
#pragma warning disable CA1031 // Whatever ails the probe, the next one may find the server well
                catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
                {
                    LogNoAnswer(e.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    [LoggerMessage(3210, LogLevel.Critical, "The server does not answer its watchdog: {Reason}")]
    private partial void LogNoAnswer(string reason);
}
