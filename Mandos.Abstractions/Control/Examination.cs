namespace Mandos.Abstractions.Control;

/// <summary>What the server would make of sections of <c>clients.conf</c> that are not in its files yet.</summary>
public sealed record Examination
{
    /// <summary>The directory with the clients' files, as an absolute path.</summary>
    public required string ConfigDirectory { get; init; }

    /// <summary>The clients that the sections define, in their order, without those that have a mistake.</summary>
    public IReadOnlyList<ExaminedClient> Clients { get; init; } = [];

    /// <summary>Why the files must not take the sections up as they are: a line for each reason, without any secret.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What is doubtful, and would be accepted.</summary>
    public IReadOnlyList<string> Doubts { get; init; } = [];
}
