namespace Mandos.Host.Configuration;

/// <summary>Gathers problems: each one once, and no more than a person can read.</summary>
internal sealed class ProblemList
{
    /// <summary>After this number of problems (a binary file, say) the rest is left out, and the last entry says so.</summary>
    public const int MaxCount = 1000;

    private readonly List<ConfigProblem> _problems = [];
    private readonly HashSet<ConfigProblem> _seen = [];

    /// <summary>The problems in the order they were found.</summary>
    public IReadOnlyList<ConfigProblem> Problems => _problems;

    /// <summary>Adds a problem unless the same one is there already: a bad default is found again with every client.</summary>
    /// <param name="problem">The problem.</param>
    public void Add(ConfigProblem problem)
    {
        if (_problems.Count > MaxCount || !_seen.Add(problem))
        {
            return;
        }

        _problems.Add(_problems.Count < MaxCount ? problem
            : problem with { Message = $"there are more problems than the {MaxCount} shown, from here on" });
    }
}
