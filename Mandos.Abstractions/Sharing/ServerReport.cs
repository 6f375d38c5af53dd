namespace Mandos.Abstractions.Sharing;

/// <summary>What one server has to tell the others, besides commands.</summary>
public sealed record ServerReport
{
    /// <summary>Checks that have ended.</summary>
    public IReadOnlyCollection<CheckReport> Checks { get; init; } = [];

    /// <summary>Requests that wait now. One that is reported again stays as it is.</summary>
    public IReadOnlyCollection<SharedRequest> Opened { get; init; } = [];

    /// <summary>Numbers of this server's requests that wait no more.</summary>
    public IReadOnlyCollection<long> Closed { get; init; } = [];

    /// <summary>A hash of the clients in this server's files, by which servers whose files differ are found; null: as before.</summary>
    public string? FilesHash { get; init; }
}
