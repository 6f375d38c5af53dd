using System.Globalization;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>What happened at a site, in figures.</summary>
internal sealed class FaultTally
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _faults = new(StringComparer.Ordinal);
    private TimeSpan _longestWait;
    private int _sure;
    private int _unsure;
    private int _stock;

    /// <summary>How long each person waited who disabled a client, with all servers alive.</summary>
    public List<TimeSpan> AllAlive { get; } = [];

    /// <summary>The same with one server dead.</summary>
    public List<TimeSpan> OneDead { get; } = [];

    /// <summary>How often servers were asked.</summary>
    public int Asked { get; set; }

    /// <summary>How often they gave a secret.</summary>
    public int Given { get; set; }

    /// <summary>How many faults there were.</summary>
    public int Faults
    {
        get
        {
            lock (_lock)
            {
                return _faults.Values.Sum();
            }
        }
    }

    public void Count(string fault)
    {
        lock (_lock)
        {
            _faults[fault] = _faults.GetValueOrDefault(fault) + 1;
        }
    }

    /// <summary>Notes whether a person was told that a decision holds.</summary>
    public void NoteDecision(bool isSure)
    {
        lock (_lock)
        {
            _ = isSure ? _sure++ : _unsure++;
        }
    }

    /// <summary>Notes how long a client asked until it had its secret.</summary>
    public void NoteWait(TimeSpan time)
    {
        lock (_lock)
        {
            _longestWait = time > _longestWait ? time : _longestWait;
        }
    }

    /// <summary>Notes that Debian's client got its secret.</summary>
    public void NoteStock()
    {
        lock (_lock)
        {
            _stock++;
        }
    }

    /// <summary>Sums up several.</summary>
    public static IEnumerable<string> Sum(IReadOnlyCollection<FaultTally> tallies)
    {
        foreach (var kind in tallies.SelectMany(static tally => tally._faults).GroupBy(static pair => pair.Key, static pair => pair.Value))
        {
            yield return $"{kind.Sum(),6} {kind.Key}";
        }

        yield return $"{tallies.Sum(static tally => tally.Faults),6} faults in all";
        yield return $"servers were asked {tallies.Sum(static tally => tally.Asked)} times and gave {tallies.Sum(static tally => tally.Given)} secrets, "
            + $"and {tallies.Sum(static tally => tally._stock)} to mandos-client; a client that was entitled waited "
            + $"{tallies.Max(static tally => tally._longestWait).TotalSeconds:F1} s at most while a server saw the store";
        yield return $"of the decisions {tallies.Sum(static tally => tally._sure)} held, and {tallies.Sum(static tally => tally._unsure)} were said not to be sure";
        yield return Distribution("all servers alive", [.. tallies.SelectMany(static tally => tally.AllAlive).Order()]);
        yield return Distribution("one server dead", [.. tallies.SelectMany(static tally => tally.OneDead).Order()]);
    }

    private static string Distribution(string when, IReadOnlyList<TimeSpan> times) => times.Count == 0 ? $"a disable with {when}: not measured"
        : string.Create(CultureInfo.InvariantCulture,
            $"a disable with {when}: median {Share(times, 0.5):F3} s, 99th percentile {Share(times, 0.99):F3} s, longest {times[^1].TotalSeconds:F3} s ({times.Count} times)");

    private static double Share(IReadOnlyList<TimeSpan> times, double share) => times[Math.Min(times.Count - 1, (int)(times.Count * share))].TotalSeconds;
}
