using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Plugins.Instances;

/// <summary>
/// A clock that a test moves only when something waits on it: other threads take real time, during which the clock must stand still.
/// </summary>
internal sealed class WaitClock : FakeTimeProvider
{
    private readonly List<Wait> _waits = [];

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_waits)
            {
                return _waits.Count;
            }
        }
    }

    /// <summary>Passes a time, once somebody waits for so long.</summary>
    /// <param name="time">How long.</param>
    /// <param name="isReady">What has to be so besides; null for nothing.</param>
    public async Task PassAsync(TimeSpan time, Func<bool>? isReady = null)
    {
        await UntilAsync(() => IsAwaited(time) && isReady?.Invoke() != false);
        Advance(time);
    }

    /// <summary>Waits, with the clock standing still.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var wait = new Wait(base.CreateTimer(callback, state, dueTime, period), dueTime, this);
        lock (_waits)
        {
            _waits.Add(wait);
        }

        return wait;
    }

    private bool IsAwaited(TimeSpan time)
    {
        lock (_waits)
        {
            // One whose time has passed may still be here, until its thread has disposed it.
            return _waits.Exists(wait => wait.Time == time && wait.End > GetUtcNow());
        }
    }

    private void Remove(Wait wait)
    {
        lock (_waits)
        {
            _waits.Remove(wait);
        }
    }

    private sealed class Wait(ITimer timer, TimeSpan time, WaitClock clock) : ITimer
    {
        public TimeSpan Time => time;

        public DateTimeOffset End { get; } = clock.GetUtcNow() + time;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            clock.Remove(this);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
