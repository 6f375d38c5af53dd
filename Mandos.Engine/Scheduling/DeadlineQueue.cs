namespace Mandos.Engine.Scheduling;

/// <summary>All deadlines of the engine in order of time, driven by a single timer. Used on the engine loop alone.</summary>
internal sealed class DeadlineQueue : IDisposable
{
    /// <summary>Timers take at most 49 days; a wake-up a day does no harm.</summary>
    private static readonly TimeSpan _longestTimer = TimeSpan.FromDays(1);

    private readonly SortedSet<Deadline> _queue = new(Comparer<Deadline>.Create(static (a, b) =>
    {
        int byTime = a.Due.GetValueOrDefault().CompareTo(b.Due.GetValueOrDefault());
        return byTime != 0 ? byTime : a.Sequence.CompareTo(b.Sequence);
    }));

    private readonly EngineClock _clock;
    private readonly Action<Exception> _onError;
    private readonly ITimer _timer;
    private TimeSpan _armedFor = TimeSpan.MaxValue;
    private long _sequence;

    /// <param name="clock">The clock that the deadlines are measured on.</param>
    /// <param name="post">Puts work on the engine loop.</param>
    /// <param name="onError">Is told of an exception in a deadline's action; the others go on.</param>
    public DeadlineQueue(EngineClock clock, Action<Action> post, Action<Exception> onError)
    {
        (_clock, _onError) = (clock, onError);
        Action fireDue = FireDue;
        _timer = clock.TimeProvider.CreateTimer(_ => post(fireDue), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count => _queue.Count;

    /// <summary>Sets or moves a deadline.</summary>
    public void Schedule(Deadline deadline, TimeSpan due)
    {
        Cancel(deadline);
        deadline.Due = due;
        deadline.Sequence = ++_sequence;
        _queue.Add(deadline);
        if (due < _armedFor)
        {
            Arm(due);
        }
    }

    /// <summary>Takes a deadline away; does nothing if it is not set.</summary>
    public void Cancel(Deadline deadline)
    {
        if (deadline.Due is not null)
        {
            _queue.Remove(deadline);
            deadline.Due = null;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void FireDue()
    {
        _armedFor = TimeSpan.MaxValue;
        TimeSpan now = _clock.Now;
        long last = _sequence; // what is scheduled from here on waits for the next round, so that nothing can hold the loop
        while (_queue.Min is { } first && first.Due <= now && first.Sequence <= last)
        {
            Cancel(first);
            try
            {
                first.Fire();
            }
#pragma warning disable CA1031 // One bad deadline must not stop the clients' expiry
            catch (Exception e)
#pragma warning restore CA1031
            {
                _onError(e);
            }
        }

        if (_queue.Min is { } next)
        {
            Arm(next.Due.GetValueOrDefault());
        }
    }

    private void Arm(TimeSpan due)
    {
        _armedFor = due;
        TimeSpan wait = due - _clock.Now;
        // Timers count whole milliseconds: round up, or they fire too early and again.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero
            : wait >= _longestTimer ? _longestTimer
            : TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
