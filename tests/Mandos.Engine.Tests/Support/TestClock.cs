using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Engine.Tests.Support;

/// <summary>A clock whose wall time can jump while its monotonic time and its timers go on.</summary>
internal sealed class TestClock : TimeProvider
{
    public static readonly DateTimeOffset Epoch = new(2026, 11, 23, 5, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _steady = new(Epoch);
    private readonly ConcurrentQueue<TimeSpan> _made = new();
    private long _looked;

    public TimeSpan WallOffset { get; set; }

    public override long TimestampFrequency => _steady.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _steady.GetUtcNow() + WallOffset;

    public override long GetTimestamp() => _steady.GetTimestamp() + (MovesWhenLookedAt ? Interlocked.Increment(ref _looked) : _looked);

    /// <summary>Whether the steady clock moves on by 100 ns with each look at it, as a real one does.</summary>
    public bool MovesWhenLookedAt { get; set; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = _steady.CreateTimer(callback, state, dueTime, period);
        _made.Enqueue(dueTime);
        return timer;
    }

    /// <summary>How many timers of a length were made so far. One more means that a wait of that length has begun.</summary>
    public int CountMade(TimeSpan dueTime) => _made.Count(made => made == dueTime);

    public void Advance(TimeSpan time) => _steady.Advance(time);
}
