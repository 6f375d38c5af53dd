namespace Mandos.Host.Configuration;

/// <summary>Gathers problems: each one once, and no more than a person can read.</summary>
internal sealed class ProblemList
{
    private readonly List<ConfigProblem> _problems = [];
    private readonly HashSet<ConfigProblem> _seen = [];

    /// <summary>The problems in the order they were found.</summary>
    public IReadOnlyList<ConfigProblem> Problems => _problems;

    /// <summary>The same by file and line, as somebody reads who mends them. That there are more comes last.</summary>
    public IReadOnlyList<ConfigProblem> InOrder =>
    [
        .. _problems.Take(FileLimits.Problems).OrderBy(static problem => problem.File, StringComparer.Ordinal).ThenBy(static problem => problem.Line),
        .. _problems.Skip(FileLimits.Problems),
    ];

    /// <summary>Adds a problem unless the same one is there already: a bad default is found again with every client.</summary>
    /// <param name="problem">The problem.</param>
    public void Add(ConfigProblem problem)
    {
        if (_problems.Count > FileLimits.Problems || !_seen.Add(problem))
        {
            return;
        }

        _problems.Add(_problems.Count < FileLimits.Problems ? problem
            : problem with { Message = $"there are more problems than the {FileLimits.Problems} shown, from here on" });
    }
}
