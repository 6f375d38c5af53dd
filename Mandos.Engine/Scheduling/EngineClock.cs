namespace Mandos.Engine.Scheduling;

/// <summary>The engine's two clocks: a monotonic one to measure by, and the wall clock to show and to save.</summary>
/// <param name="timeProvider">Where both come from.</param>
internal sealed class EngineClock(TimeProvider timeProvider)
{
    private readonly long _start = timeProvider.GetTimestamp();

    public TimeProvider TimeProvider => timeProvider;

    /// <summary>Monotonic time since the engine was made. A jump of the wall clock does not move it.</summary>
    public TimeSpan Now => timeProvider.GetElapsedTime(_start);

    /// <summary>Wall clock time.</summary>
    public DateTimeOffset UtcNow => timeProvider.GetUtcNow();

    /// <summary>The monotonic time after a delay; <see cref="TimeSpan.MaxValue"/> where it would overflow.</summary>
    public TimeSpan After(TimeSpan delay) => Add(Now, delay);

    /// <summary>Adds a duration to a monotonic time; stops at the ends of <see cref="TimeSpan"/>.</summary>
    public static TimeSpan Add(TimeSpan time, TimeSpan delay)
        => delay > TimeSpan.Zero
            ? time > TimeSpan.MaxValue - delay ? TimeSpan.MaxValue : time + delay
            : time < TimeSpan.MinValue - delay ? TimeSpan.MinValue : time + delay;

    /// <summary>Adds a duration to a wall clock time, down to year 1 or up to the end of year 9999.</summary>
    public static DateTimeOffset Add(DateTimeOffset time, TimeSpan delay)
        => delay > DateTimeOffset.MaxValue - time ? DateTimeOffset.MaxValue
            : delay < DateTimeOffset.MinValue - time ? DateTimeOffset.MinValue
            : time + delay;
}
