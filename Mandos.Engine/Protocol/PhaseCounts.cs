namespace Mandos.Engine.Protocol;

/// <summary>How many connections there are in each phase. Thread-safe.</summary>
internal sealed class PhaseCounts
{
    private readonly int[] _counts = new int[Enum.GetValues<ConnectionPhase>().Length];

    /// <summary>Counts a connection, or one less.</summary>
    public void Add(ConnectionPhase phase, int count) => Interlocked.Add(ref _counts[(int)phase], count);

    /// <summary>All phases, by the names that docs/metrics.md gives.</summary>
    public IEnumerable<(string Phase, int Count)> Read()
        => Enum.GetValues<ConnectionPhase>().Select(phase => (Name(phase), Volatile.Read(ref _counts[(int)phase])));

    private static string Name(ConnectionPhase phase) => phase == ConnectionPhase.FirstLine ? "first line" : phase.ToString().ToLowerInvariant();
}
