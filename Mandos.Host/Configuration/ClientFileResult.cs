using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>What <see cref="ClientFileReader"/> found.</summary>
internal sealed record ClientFileResult
{
    /// <summary>The clients that can be used, in the order of the files; null if the mistakes concern all of them.</summary>
    /// <remarks>The caller becomes the owner of their secrets.</remarks>
    public IReadOnlyList<ClientDefinition>? Clients { get; init; }

    /// <summary>Names of those that cannot.</summary>
    public required IReadOnlySet<string> LeftOut { get; init; }

    /// <summary>Whether no client can be used, although there are some, because of <see cref="Problems"/>.</summary>
    public bool IsUseless => Clients is null || (Clients.Count == 0 && Problems.Count > 0);

    /// <summary>Whether the names of all clients are known.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Files that could not be read, but may be readable later.</summary>
    public required IReadOnlyList<string> Unread { get; init; }

    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; init; } = [];

    /// <summary>Doubtful lines, which are accepted.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; init; } = [];

    /// <summary>What the files held, by which it shows whether any holds something else later; null if they are too many.</summary>
    public FilesMark? Mark { get; init; }

    /// <summary>What plugins have to say about the clients.</summary>
    public required CheckerUses Checkers { get; init; }
}
