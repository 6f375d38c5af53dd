namespace Mandos.Host.Configuration;

/// <summary>What <see cref="SectionsReader"/> found.</summary>
internal sealed record SectionsResult
{
    /// <summary>The clients that can be used, each with the line of the text at which it begins. The caller becomes the owner of their secrets.</summary>
    public IReadOnlyList<(ClientCandidate Client, int Line)> Clients { get; init; } = [];

    /// <summary>Why they must not be added.</summary>
    public required IReadOnlyList<ConfigProblem> Problems { get; init; }

    /// <summary>What is doubtful.</summary>
    public IReadOnlyList<ConfigProblem> Warnings { get; init; } = [];

    /// <summary>What plugins have to say about the clients.</summary>
    public CheckerUses Checkers { get; init; } = new()
    {
        Clients = [],
        PlainClients = 0,
        FirstPlainLine = 0,
        PlainOptions = [],
        Defaults = [],
        Lines = new SourceLines(),
    };
}
