using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>What <see cref="ClientFileReader"/> found.</summary>
internal sealed record ClientFileResult
{
    /// <summary>The clients in the order of the files; null if there is any problem.</summary>
    /// <remarks>The caller becomes the owner of their secrets.</remarks>
    public IReadOnlyList<ClientDefinition>? Clients { get; init; }

    /// <summary>Everything that is wrong: fatal at start, while a reload keeps the clients there are.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; init; } = [];

    /// <summary>What plugins have to say about the clients.</summary>
    public required CheckerUses Checkers { get; init; }
}
