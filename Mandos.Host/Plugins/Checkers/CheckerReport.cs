using Mandos.Host.Configuration;

namespace Mandos.Host.Plugins.Checkers;

/// <summary>What <see cref="CheckerRegistry"/> found out about the use that clients make of checkers.</summary>
internal sealed record CheckerReport
{
    /// <summary>Mistakes in the files.</summary>
    public required IReadOnlyList<ConfigProblem> Problems { get; init; }

    /// <summary>Names of the clients that have these mistakes.</summary>
    public required IReadOnlySet<string> LeftOut { get; init; }

    /// <summary>Why no client of the standard checker can be checked; null if they can, or if there is none.</summary>
    public required ConfigProblem? NoStandardChecker { get; init; }

    /// <summary>Checkers that clients use and that broke while they looked at the clients' options, with the reason.</summary>
    public required IReadOnlyList<ConfigProblem> Broken { get; init; }

    /// <summary>Checkers that clients use and that cannot be used, with the reason. Each check of these clients fails.</summary>
    public required IReadOnlyList<ConfigProblem> Unusable { get; init; }

    /// <summary>What to log at INFO.</summary>
    public required IReadOnlyList<ConfigProblem> Notes { get; init; }
}
