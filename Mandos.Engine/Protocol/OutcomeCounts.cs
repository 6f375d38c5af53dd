using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>How many connections have ended, by what came of them. Thread-safe.</summary>
internal sealed class OutcomeCounts
{
    private static readonly Outcome[] _all = Enum.GetValues<Outcome>();
    private readonly long[] _counts = new long[_all.Length];

    /// <summary>Counts a connection that has ended.</summary>
    public void Add(Outcome outcome) => Interlocked.Increment(ref _counts[(int)outcome]);

    /// <summary>All of them, in the words of the audit.</summary>
    public IEnumerable<(string Decision, string Reason, long Count)> Read()
        => _all.Select(outcome => (outcome.Decision(), outcome.Phrase(), Volatile.Read(ref _counts[(int)outcome])));
}
