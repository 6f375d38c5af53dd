using System.Diagnostics;
using System.Globalization;

namespace Mandos.Fuzz;

/// <summary>Runs a target with many inputs and watches what they do.</summary>
/// <param name="target">The target.</param>
/// <param name="seed">Makes the run repeatable, apart from keys, which are new in each.</param>
internal sealed class Campaign(FuzzTarget target, int seed)
{
    /// <summary>What a single input may take; the slowest honest one takes a tenth.</summary>
    private static readonly TimeSpan _slow = TimeSpan.FromMilliseconds(100);

    /// <summary>When an input counts as one that never ends.</summary>
    private static readonly TimeSpan _hang = TimeSpan.FromMinutes(1);

    /// <summary>Bytes that a single input may allocate: some hundred times its own length at most.</summary>
    private const long MaxAllocated = 32 << 20;

    /// <summary>Bytes by which the live heap may differ after all inputs.</summary>
    private const long MaxHeapGrowth = 8 << 20;

    /// <summary>Bytes by which the process's memory may differ.</summary>
    private const long MaxResidentGrowth = 96 << 20;

    /// <summary>Inputs after which the process is warm.</summary>
    private const int WarmCount = 10_000;

    private byte[] _current = [];
    private long _started;

    /// <summary>Inputs run so far.</summary>
    public long Count { get; private set; }

    /// <summary>The input that took longest, alone on its thread.</summary>
    public TimeSpan Slowest { get; private set; }

    /// <summary>By how many bytes the live heap has grown between the warm state and the end.</summary>
    public long HeapGrowth { get; private set; }

    /// <summary>The same for the process's memory.</summary>
    public long ResidentGrowth { get; private set; }

    /// <summary>Runs until so many inputs were run, the time is over, or something is found.</summary>
    /// <param name="count">Number of inputs.</param>
    /// <param name="time">The time.</param>
    /// <returns>What was found; null if nothing.</returns>
    public Find? Run(long count, TimeSpan time)
    {
        long end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        using ITimer watch = TimeProvider.System.CreateTimer(_ => Watch(), null, _hang, _hang / 4);
        IReadOnlyList<byte[]> seeds = target.Seeds();
        Mutator mutator = new(target, seeds, new Random(seed));
        foreach (byte[] input in seeds)
        {
            if (Try(input) is { } find)
            {
                return find;
            }
        }

        (long Heap, long Resident) warm = default;
        for (Count = 0; Count < count && Stopwatch.GetTimestamp() < end; Count++)
        {
            if (Count == Math.Min(count / 4, WarmCount))
            {
                warm = Memory();
            }
            if (Try(mutator.Next()) is { } find)
            {
                return find;
            }
        }

        if (warm.Heap > 0)
        {
            (long heap, long resident) = Memory();
            HeapGrowth = heap - warm.Heap;
            ResidentGrowth = resident - warm.Resident;
        }
        return HeapGrowth > MaxHeapGrowth || ResidentGrowth > MaxResidentGrowth
            ? new Find([], $"memory has grown by {HeapGrowth} bytes of heap, {ResidentGrowth} in all")
            : null;
    }

    private static (long Heap, long Resident) Memory()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        string pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return (GC.GetTotalMemory(forceFullCollection: true), long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize);
    }

    private Find? Try(byte[] input)
    {
        _current = input;
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        try
        {
            TimeSpan taken = Measure(input, out long allocated);

            // The machine may have been busy otherwise, or the code not yet compiled: what counts is the best of several times.
            for (int again = 0; again < 20 && taken > Slowest && taken > _slow / 10; again++)
            {
                TimeSpan next = Measure(input, out _);
                taken = next < taken ? next : taken;
            }
            Slowest = taken > Slowest ? taken : Slowest;
            return taken > _slow ? new Find(input, $"it takes {taken.TotalMilliseconds:F0} ms")
                : allocated > MaxAllocated ? new Find(input, $"it allocates {allocated} bytes")
                : null;
        }
#pragma warning disable CA1031 // Whatever it is, it is a find
        catch (Exception e)
#pragma warning restore CA1031
        {
            return new Find(input, e.ToString());
        }
        finally
        {
            Volatile.Write(ref _started, 0);
        }
    }

    private TimeSpan Measure(byte[] input, out long allocated)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        target.Fuzz(input);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return taken;
    }

    /// <summary>Ends the process if an input does not end: there is no other way to stop it.</summary>
    private void Watch()
    {
        if (Volatile.Read(ref _started) is not 0 and var started && Stopwatch.GetElapsedTime(started) > _hang)
        {
            Console.Error.WriteLine($"{target.Name}, seed {seed}: {new Find(_current, "it does not end")}");
#pragma warning disable RS0030 // Main waits for the input
            Environment.Exit(1);
#pragma warning restore RS0030
        }
    }
}
