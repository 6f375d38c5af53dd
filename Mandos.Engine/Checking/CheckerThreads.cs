namespace Mandos.Engine.Checking;

/// <summary>
/// Threads on which one checker is called, and may block: neither the pool, which serves connections, nor another checker has to wait
/// for them.
/// </summary>
/// <remarks>
/// A checker blocks none as a rule. So one thread takes what comes, and others join it only while nothing is taken for
/// <see cref="CheckLimits.StallTime"/>: to wake one for each check would cost more than the check.
/// </remarks>
internal sealed class CheckerThreads : TaskScheduler
{
    private readonly object _lock = new(); // of a kind that can be waited for
    private readonly Queue<Task> _work = new();
    private readonly string _name;
    private readonly ITimer _stall;
    private int _threads;
    private int _idle;

    /// <summary>Idle threads that were told to go on and have not done so yet.</summary>
    private int _woken;

    /// <summary>Whether <see cref="_stall"/> runs.</summary>
    private bool _isWatched;

    /// <summary>Whether any work was taken since <see cref="_stall"/> began.</summary>
    private bool _isTaken;

    /// <param name="name">Name of the checker.</param>
    public CheckerThreads(string name)
    {
        _name = name;
        _stall = TimeProvider.System.CreateTimer(
            static threads => ((CheckerThreads)threads!).JoinIfStalled(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => CheckLimits.Threads;

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        bool starts;
        lock (_lock)
        {
            _work.Enqueue(task);
            starts = _threads - _idle + _woken == 0 && Wake();
            Watch();
        }

        if (starts)
        {
            StartThread();
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_lock)
        {
            return [.. _work];
        }
    }

    /// <summary>Has one more thread take work, if there may be one. Called under the lock.</summary>
    /// <returns>Whether it has to be started.</returns>
    private bool Wake()
    {
        if (_idle > _woken)
        {
            _woken++;
            Monitor.Pulse(_lock);
            return false;
        }

        if (_threads >= CheckLimits.Threads)
        {
            return false;
        }

        _threads++;
        return true;
    }

    private void StartThread() => new Thread(Run) { IsBackground = true, Name = $"checker {_name}" }.UnsafeStart();

    /// <summary>Sees to it that work does not wait for threads that are blocked. Called under the lock.</summary>
    private void Watch()
    {
        if (!_isWatched)
        {
            (_isWatched, _isTaken) = (true, false);
            _stall.Change(CheckLimits.StallTime, Timeout.InfiniteTimeSpan);
        }
    }

    private void JoinIfStalled()
    {
        int starts = 0;
        lock (_lock)
        {
            _isWatched = false;
            if (_work.Count == 0)
            {
                return;
            }

            if (!_isTaken)
            {
                _woken = 0; // whoever was told to go on has not
                for (int more = Math.Min(_work.Count, CheckLimits.ThreadsJoining); more > 0; more--)
                {
                    starts += Wake() ? 1 : 0;
                }
            }

            Watch();
        }

        for (; starts > 0; starts--)
        {
            StartThread();
        }
    }

    private void Run()
    {
        while (Take() is { } task)
        {
            TryExecuteTask(task);
        }
    }

    /// <returns>Null if there has been nothing to do for a while.</returns>
    private Task? Take()
    {
        lock (_lock)
        {
            while (_work.Count == 0)
            {
                _idle++;
                bool isPulsed = Monitor.Wait(_lock, CheckLimits.IdleTime);
                _idle--;
                if (isPulsed && _woken > 0)
                {
                    _woken--;
                }
                else if (!isPulsed && _work.Count == 0)
                {
                    _threads--;
                    return null;
                }
            }

            _isTaken = true;
            return _work.Dequeue();
        }
    }
}
