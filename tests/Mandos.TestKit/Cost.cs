using System.Globalization;
using System.Runtime.InteropServices;

namespace Mandos.TestKit;

/// <summary>What a thread has used.</summary>
/// <param name="Milliseconds">CPU.</param>
/// <param name="Bytes">Allocated on the managed heap.</param>
public readonly partial record struct Cost(double Milliseconds, long Bytes)
{
    /// <summary>CLOCK_THREAD_CPUTIME_ID of clock_gettime(2).</summary>
    private const int ThreadClock = 3;

    public static Cost operator +(Cost a, Cost b) => new(a.Milliseconds + b.Milliseconds, a.Bytes + b.Bytes);

    public static Cost operator -(Cost a, Cost b) => new(a.Milliseconds - b.Milliseconds, a.Bytes - b.Bytes);

    public static Cost operator /(Cost a, int count) => new(a.Milliseconds / count, a.Bytes / count);

    /// <summary>What the current thread has used so far.</summary>
    public static Cost Now()
    {
        _ = ClockGetTime(ThreadClock, out Time time);
        return new((time.Seconds * 1e3) + (time.Nanoseconds / 1e6), GC.GetAllocatedBytesForCurrentThread());
    }

    public Cost Min(Cost other) => new(Math.Min(Milliseconds, other.Milliseconds), Math.Min(Bytes, other.Bytes));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds:F3} ms {Bytes,6} bytes");

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out Time time);

    /// <summary>struct timespec.</summary>
    private readonly record struct Time(long Seconds, long Nanoseconds);
}
