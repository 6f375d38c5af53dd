using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Keeps announcers and control surfaces running: what fails is logged and run again, and the server goes on.</summary>
internal sealed partial class Supervisor(TimeProvider timeProvider, ILogger logger)
{
    private static readonly TimeSpan _shortestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMinutes(1);

    /// <summary>A run that lasted this long was a good one: the next failure starts with the shortest pause again.</summary>
    private static readonly TimeSpan _goodRun = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger;

    /// <summary>Runs something again and again until cancelled. Does not throw.</summary>
    /// <param name="name">What it is, for the log.</param>
    /// <param name="run">Runs it once.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(string name, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        TimeSpan pause = _shortestPause;
        while (true)
        {
            long start = timeProvider.GetTimestamp();
            Exception? error = null;
            try
            {
                await Task.Run(() => run(cancellationToken), cancellationToken).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // A faulty plugin must not stop the server
            catch (Exception e)
#pragma warning restore CA1031
            {
                error = e;
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            pause = timeProvider.GetElapsedTime(start) >= _goodRun ? _shortestPause : pause;
            LogEnded(name, error?.Message ?? "it ended by itself", pause.TotalSeconds);
            await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
        }
    }

    [LoggerMessage(3020, LogLevel.Error, "{Name} failed: {Reason}; it is run again in {Seconds} s")]
    private partial void LogEnded(string name, string reason, double seconds);
}
