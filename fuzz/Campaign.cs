using System.Diagnostics;
using System.Globalization;
using Mandos.TestKit;

namespace Mandos.Fuzz;

/// <summary>Runs a target with many inputs and watches what they do.</summary>
/// <param name="target">The target.</param>
/// <param name="seed">Makes the run repeatable, apart from keys, which are new in each.</param>
internal sealed class Campaign(FuzzTarget target, int seed)
{
    /// <summary>Milliseconds of CPU time that a single input may take; the slowest honest one takes a tenth.</summary>
    private const double SlowMilliseconds = 100;

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

    /// <summary>Milliseconds of CPU time of the input that took most.</summary>
    public double SlowestMilliseconds { get; private set; }

    /// <summary>By how many bytes the live heap has grown between the warm state and the end.</summary>
    public long HeapGrowth { get; private set; }

    /// <summary>The same for the process's memory.</summary>
    public long ResidentGrowth { get; private set; }

    /// <summary>Runs until it has tried the number of inputs, the time is over, or it finds something.</summary>
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
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true); // gives back what is free, too
        string pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return (GC.GetTotalMemory(forceFullCollection: true), long.Parse(pages, CultureInfo.InvariantCulture) * Environment.SystemPageSize);
    }

    private Find? Try(byte[] input)
    {
        _current = input;
        Volatile.Write(ref _started, Stopwatch.GetTimestamp());
        try
        {
            // CPU time, because the machine may be busy otherwise. The code may not yet be compiled: what counts is the best of several times.
            Cost cost = Measure(input);
            for (int again = 0; again < 3 && cost.Milliseconds > SlowestMilliseconds && cost.Milliseconds > SlowMilliseconds / 10; again++)
            {
                cost = cost.Min(Measure(input));
            }

            SlowestMilliseconds = Math.Max(SlowestMilliseconds, cost.Milliseconds);
            return cost.Milliseconds > SlowMilliseconds ? new Find(input, $"it takes {cost.Milliseconds:F0} ms")
                : cost.Bytes > MaxAllocated ? new Find(input, $"it allocates {cost.Bytes} bytes")
                : null;
        }
        catch (Exception e)
        {
            // Whatever it is, it is a find
            return new Find(input, e.ToString());
        }
        finally
        {
            Volatile.Write(ref _started, 0);
        }
    }

    private Cost Measure(byte[] input)
    {
        Cost before = Cost.Now();
        target.Fuzz(input);
        return Cost.Now() - before;
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
