namespace Mandos.Engine.Checking;

/// <summary>
/// Threads on which one checker is called, and may block: neither the pool, which serves connections, nor another checker has to wait
/// for them.
/// </summary>
/// <param name="name">Name of the checker.</param>
internal sealed class CheckerThreads(string name) : TaskScheduler
{
    private readonly object _lock = new(); // of a kind that can be waited for
    private readonly Queue<Task> _work = new();
    private int _threads;
    private int _idle;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => CheckLimits.Threads;

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        bool starts;
        lock (_lock)
        {
            _work.Enqueue(task);
            starts = _work.Count > _idle && _threads < CheckLimits.Threads;
            _threads += starts ? 1 : 0;
            Monitor.Pulse(_lock);
        }

        if (starts)
        {
            new Thread(Run) { IsBackground = true, Name = $"checker {name}" }.UnsafeStart();
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
                if (!isPulsed && _work.Count == 0)
                {
                    _threads--;
                    return null;
                }
            }

            return _work.Dequeue();
        }
    }
}
