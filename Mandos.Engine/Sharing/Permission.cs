using Mandos.Abstractions.Sharing;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>Until when this server may release secrets. Thread-safe.</summary>
/// <param name="clock">Measures by the monotonic clock.</param>
/// <param name="sinceBoot">Time since the machine was started, with that which it slept; null: it never sleeps.</param>
internal sealed class Permission(EngineClock clock, Func<TimeSpan>? sinceBoot)
{
    private long _until = long.MinValue;

    /// <summary>The time by which a permission is measured: others' time goes on while this machine sleeps.</summary>
    public TimeSpan Now => sinceBoot?.Invoke() ?? clock.Now;

    /// <summary>Whether it may now.</summary>
    public bool Holds => Left > TimeSpan.Zero;

    /// <summary>How long it still may; zero or less if it may not.</summary>
    public TimeSpan Left => Volatile.Read(ref _until) is var until && until == long.MinValue ? TimeSpan.Zero : new TimeSpan(until) - Now;

    /// <summary>Notes that a sync came back clean, and that all that it brought is applied. Called on the engine loop.</summary>
    /// <param name="start">When the sync began, as <see cref="Now"/> said.</param>
    public void Extend(TimeSpan start) => Volatile.Write(ref _until, Math.Max(_until, (start + SharedStateTiming.Permission).Ticks));

    /// <summary>Ends it at once. Called on the engine loop.</summary>
    public void End() => Volatile.Write(ref _until, long.MinValue);
}
