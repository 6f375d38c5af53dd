using Mandos.Host.Configuration;

namespace Mandos.Host.Plugins.Checkers;

/// <summary>What <see cref="CheckerRegistry"/> found out about the use that clients make of checkers.</summary>
internal sealed record CheckerReport
{
    /// <summary>Mistakes in the files: fatal at start, while a reload keeps the clients there are.</summary>
    public required IReadOnlyList<ConfigProblem> Problems { get; init; }

    /// <summary>Checkers that clients use and that broke while they looked at the clients' options, with the reason. None was used before.</summary>
    public required IReadOnlyList<ConfigProblem> Broken { get; init; }

    /// <summary>Checkers that clients use and that cannot be used, with the reason. Each check of these clients fails.</summary>
    public required IReadOnlyList<ConfigProblem> Unusable { get; init; }

    /// <summary>What to log at INFO.</summary>
    public required IReadOnlyList<ConfigProblem> Notes { get; init; }
}
