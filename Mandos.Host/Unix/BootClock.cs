namespace Mandos.Host.Unix;

/// <summary>The time since the machine was started, with that in which it was suspended, which .NET's monotonic clock leaves out.</summary>
internal static class BootClock
{
    /// <summary>Reads it; a few dozen nanoseconds. Thread-safe. See clock_gettime(2).</summary>
    public static unsafe TimeSpan Read()
    {
        Libc.TimeOfClock time;
        _ = Libc.clock_gettime(Libc.CLOCK_BOOTTIME, &time); // it fails for unknown clocks alone
        return TimeSpan.FromSeconds(time.Seconds) + new TimeSpan(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
    }
}
