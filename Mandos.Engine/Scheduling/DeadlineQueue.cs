namespace Mandos.Engine.Scheduling;

/// <summary>All deadlines of the engine in order of time, driven by a single timer. Used on the engine loop alone.</summary>
internal sealed class DeadlineQueue : IDisposable
{
    /// <summary>
    /// How late the loop may be before that is a gap: the process was stopped, frozen, swapped out, or its machine was. A loaded machine is
    /// late by less; where it is not, no harm is done.
    /// </summary>
    internal static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    /// <summary>Timers take at most 49 days; a wake-up a day does no harm.</summary>
    private static readonly TimeSpan _longestTimer = TimeSpan.FromDays(1);

    private readonly DeadlineHeap _queue = new();
    private readonly EngineClock _clock;
    private readonly Action<Exception> _onError;
    private readonly TimeSpan _longestDelay;
    private readonly ITimer _timer;
    private TimeSpan _armedFor = TimeSpan.MaxValue;
    private TimeSpan _lastSeen;
    private long _sequence;

    /// <param name="clock">The clock that the deadlines are measured on.</param>
    /// <param name="post">Puts work on the engine loop.</param>
    /// <param name="onError">Is told of an exception in a deadline's action; the others go on.</param>
    /// <param name="longestDelay">How late the loop may be before that is a gap; usually <see cref="LongestDelay"/>.</param>
    public DeadlineQueue(EngineClock clock, Action<Action> post, Action<Exception> onError, TimeSpan? longestDelay = null)
    {
        (_clock, _onError, _longestDelay) = (clock, onError, longestDelay ?? LongestDelay);
        _lastSeen = clock.Now;
        Action fireDue = FireDue;
        _timer = clock.TimeProvider.CreateTimer(_ => post(fireDue), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count => _queue.Count;

    /// <summary>Time in all gaps so far, in which the loop had something to do and did nothing.</summary>
    public TimeSpan Lost { get; private set; }

    /// <summary>When the last gap ended.</summary>
    public TimeSpan LostUntil { get; private set; }

    /// <summary>Is told how long a gap was.</summary>
    public Action<TimeSpan> OnGap { get; set; } = static _ => { };

    /// <summary>Is told, when the loop comes to what is due, by how much it is late.</summary>
    public Action<TimeSpan> OnFire { get; set; } = static _ => { };

    /// <summary>Notes that the loop runs, before and after all that it does, and how long it did not although something was due.</summary>
    public void Watch()
    {
        TimeSpan now = _clock.Now;
        TimeSpan gap = now - (_armedFor > _lastSeen ? _armedFor : _lastSeen);
        _lastSeen = now;
        if (gap > _longestDelay)
        {
            Lost += gap;
            LostUntil = now;
            OnGap(gap);
        }
    }

    /// <summary>Notes that the loop runs from now on.</summary>
    public void BeginWatch() => _lastSeen = _clock.Now;

    /// <summary>Sets or moves a deadline.</summary>
    public void Schedule(Deadline deadline, TimeSpan due)
    {
        Cancel(deadline);
        deadline.Time = due;
        deadline.Sequence = ++_sequence;
        _queue.Add(deadline);
        if (due < _armedFor)
        {
            Arm(deadline);
        }
    }

    /// <summary>Takes a deadline away; does nothing if it is not set.</summary>
    public void Cancel(Deadline deadline)
    {
        if (deadline.Due is not null)
        {
            _queue.Remove(deadline);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void FireDue()
    {
        TimeSpan now = _clock.Now;
        if (now >= _armedFor)
        {
            OnFire(now - _armedFor);
        }

        _armedFor = TimeSpan.MaxValue;
        long last = _sequence; // what is scheduled from here on waits for the next round, so that nothing can hold the loop
        while (_queue.Min is { } first && first.Time <= now && first.Sequence <= last)
        {
            Cancel(first);
            try
            {
                first.Fire();
            }
            catch (Exception e)
            {
                // One bad deadline must not stop the clients' expiry
                _onError(e);
            }
        }

        if (_queue.Min is { } next)
        {
            Arm(next);
        }
    }

    private void Arm(Deadline deadline)
    {
        TimeSpan now = _clock.Now;
        TimeSpan due = deadline.Time;
        TimeSpan early = EngineClock.Add(due, -deadline.Lead);
        _armedFor = early > now ? early : due;
        TimeSpan wait = EngineClock.Add(_armedFor, -now);
        // Timers count whole milliseconds: round up, or they fire too early and again.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero
            : wait >= _longestTimer ? _longestTimer
            : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
