using Mandos.Abstractions.Checking;

namespace Mandos.Engine.Checking;

/// <summary>How many checks have ended, by checker and by what they found. Thread-safe.</summary>
/// <param name="checkers">The names of the checkers.</param>
internal sealed class CheckCounts(IEnumerable<string> checkers)
{
    /// <summary>A checker that a file names and that is not there: any name may stand in a file.</summary>
    public const string Unknown = "unknown";

    private static readonly string[] _results = ["succeeded", "failed", "killed", "not carried out", "stopped"];

    private readonly Dictionary<string, long[]> _counts =
        checkers.Append(Unknown).Distinct(StringComparer.Ordinal).ToDictionary(static name => name, static _ => new long[_results.Length], StringComparer.Ordinal);

    /// <summary>The name by which a checker is counted.</summary>
    public string NameOf(string checker) => _counts.ContainsKey(checker) ? checker : Unknown;

    /// <summary>Counts a check that has ended.</summary>
    /// <param name="checker">The checker's name.</param>
    /// <param name="result">What it found; null if it was stopped.</param>
    /// <returns>What it found, in the word of docs/metrics.md.</returns>
    public string Count(string checker, CheckResult? result)
    {
        int index = result switch
        {
            { IsSuccess: true } => 0,
            { Outcome: CheckOutcome.Exited } => 1,
            { Outcome: CheckOutcome.Signaled } => 2,
            not null => 3,
            null => 4,
        };
        Interlocked.Increment(ref _counts[NameOf(checker)][index]);
        return _results[index];
    }

    /// <summary>All of them.</summary>
    public IEnumerable<(string Checker, string Result, long Count)> Read()
        => _counts.SelectMany(static one => _results.Select((result, index) => (one.Key, result, Volatile.Read(ref one.Value[index]))));
}
