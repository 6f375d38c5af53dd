namespace Mandos.Host.Unix;

/// <summary>
/// A timer of the kernel's that kills this process if it is not set again in time (timer_create(2)). It needs nothing of the process, so it
/// works for one that is stopped or frozen too. Suspending the machine does not count.
/// </summary>
internal sealed unsafe class DeadMansTimer : IDisposable
{
    private readonly nint _timer;

    private DeadMansTimer(nint timer) => _timer = timer;

    /// <summary>Makes one that is not set.</summary>
    /// <returns>Null if the kernel gives none; <see cref="Libc.LastError"/> says why.</returns>
    public static DeadMansTimer? Create()
    {
        var kill = new Libc.SignalEvent { Signal = Libc.SIGKILL };
        nint timer;
        return Libc.timer_create(Libc.CLOCK_MONOTONIC, &kill, &timer) == 0 ? new DeadMansTimer(timer) : null;
    }

    /// <summary>Gives the process some more time; zero for all there is.</summary>
    public void Set(TimeSpan time)
    {
        var value = new Libc.TimerValue
        {
            Seconds = (nint)Math.Floor(time.TotalSeconds),
            Nanoseconds = (nint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick),
        };
        _ = Libc.timer_settime(_timer, 0, &value, null);
    }

    /// <summary>Takes the timer away.</summary>
    public void Dispose() => _ = Libc.timer_delete(_timer);
}
