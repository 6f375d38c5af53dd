using Mandos.Engine;
using Mandos.Host.Listening;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Tells the <see cref="Watchdog"/>, systemd and the kernel's timer that the server is well, and ends a server that hangs.</summary>
internal sealed partial class HangGuard : IDisposable
{
    /// <summary>Before it serves, and when it ends, the server only has to be alive: each of these may take long.</summary>
    private static readonly Func<Task> _aliveIsEnough = static () => Task.CompletedTask;

    private readonly ServerContext _context;
    private readonly ILogger _logger;

    /// <summary>Ends this process if it is stopped; null if it is not to be ended.</summary>
    private readonly DeadMansTimer? _timer;

    private readonly Watchdog _watchdog;

    /// <summary>The watchdog learns by it that the server is well.</summary>
    private volatile Func<Task> _probe = _aliveIsEnough;

    /// <summary>The watchdog learns by it that the engine works.</summary>
    private volatile Func<long> _work = static () => 0;

    /// <summary>Begins to watch.</summary>
    /// <param name="context">What the parts of the server share.</param>
    public HangGuard(ServerContext context)
    {
        (_context, _logger) = (context, context.Logger);
        TimeSpan limit = context.Options.Watchdog;
        _timer = limit > TimeSpan.Zero ? DeadMansTimer.Create() : null;
        if (_timer is null && limit > TimeSpan.Zero)
        {
            LogNoTimer(Libc.LastError);
        }

        _watchdog = new Watchdog(
            limit, context.Notifier.WatchdogTime, () => _probe(), [() => _work(), () => ThreadPool.CompletedWorkItemCount], TellAlive, End,
            _logger);
        _watchdog.Start();
    }

    /// <summary>From now on the server has to answer, not only to be alive.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="places">Where connections are accepted.</param>
    /// <param name="cancellationToken">Ends a question under way.</param>
    public void RequireAnswers(MandosEngine engine, ListenPlaces places, CancellationToken cancellationToken)
    {
        _work = () => engine.WorkDone;
        _probe = () => ProbeAsync(engine, places, cancellationToken);
    }

    /// <summary>Does the server answer? Asks as the watchdog does.</summary>
    /// <exception cref="InvalidOperationException">It is not well; one line says why.</exception>
    public Task AskAsync() => _probe();

    /// <summary>The server ends: it only has to be alive.</summary>
    public void RequireNoAnswers() => _probe = _aliveIsEnough;

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchdog.Dispose();
        _timer?.Dispose();
    }

    /// <summary>Does the server answer?</summary>
    /// <exception cref="InvalidOperationException">It does not accept connections.</exception>
    private static async Task ProbeAsync(MandosEngine engine, ListenPlaces places, CancellationToken cancellationToken)
    {
        await engine.ProbeAsync(cancellationToken).ConfigureAwait(false);
        if (places.FindStuck() is { } stuck)
        {
            throw new InvalidOperationException($"connections to {stuck} are not accepted");
        }
    }

    private void TellAlive()
    {
        _timer?.Set(_context.Options.Watchdog);
        if (_context.Notifier.WatchdogTime is not null)
        {
            _context.Notifier.Alive();
        }
    }

    /// <summary>Ends a server that hangs, without waiting for anything but the log. The state was saved when it changed.</summary>
    private void End()
    {
        _context.Log.Dispose();
        Libc._exit(ExitStatus.Died);
    }
}
