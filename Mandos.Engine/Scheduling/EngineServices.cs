using Mandos.Engine.Metrics;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Scheduling;

/// <summary>What every part of the engine shares: the loop, the clock, the deadlines, the log and the metrics.</summary>
internal sealed partial class EngineServices : IDisposable
{
    /// <summary>How long a command or a stop waits for checks or for a save; slower ones go on by themselves.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger;
    private bool _isStopping;

    /// <param name="timeProvider">The only source of time.</param>
    /// <param name="logger">The log.</param>
    /// <param name="longestDelay">How late the loop may be before that is a gap; usually <see cref="DeadlineQueue.LongestDelay"/>.</param>
    public EngineServices(TimeProvider timeProvider, ILogger logger, TimeSpan longestDelay)
    {
        _logger = logger;
        Clock = new EngineClock(timeProvider);
        Loop = new EngineLoop(logger);
        Meter = new EngineMeter(Loop.OnError);
        Deadlines = new DeadlineQueue(Clock, Loop.Post, Loop.OnError, longestDelay)
        {
            OnGap = gap => LogGap(gap.TotalSeconds),
            OnFire = Meter.LoopWasLate,
        };
        Loop.Watch = Deadlines.Watch;
    }

    public EngineLoop Loop { get; }

    public EngineClock Clock { get; }

    public DeadlineQueue Deadlines { get; }

    public ILogger Logger => _logger;

    public EngineMeter Meter { get; }

    /// <summary>Whether the server stops. Owned by the engine loop.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Runs the loop from now on.</summary>
    public void Start()
    {
        Deadlines.BeginWatch();
        Loop.Start();
    }

    /// <summary>Has everything that would outlast a stop refused from now on. Called on the engine loop.</summary>
    public void BeginStop() => _isStopping = true;

    /// <summary>Called on the engine loop.</summary>
    /// <exception cref="OperationCanceledException">The server stops.</exception>
    public void ThrowIfStopping()
    {
        if (_isStopping)
        {
            throw new OperationCanceledException("the server is stopping");
        }
    }

    /// <summary>Waits for a task, on any thread.</summary>
    /// <param name="task">The task.</param>
    /// <param name="what">What it does, for the log.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="patience">How long to wait; null for <see cref="Patience"/>.</param>
    /// <returns>False if it takes longer, which is logged.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up, or the task was cancelled.</exception>
    public async Task<bool> WaitAsync(Task task, string what, CancellationToken cancellationToken, TimeSpan? patience = null)
    {
        try
        {
            await task.WaitAsync(patience ?? Patience, Clock.TimeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            LogSlow(what, (patience ?? Patience).TotalSeconds);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Loop.Complete();
        Deadlines.Dispose();
        Meter.Dispose();
    }
}
