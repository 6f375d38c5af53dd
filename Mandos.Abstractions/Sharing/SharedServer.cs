namespace Mandos.Abstractions.Sharing;

/// <summary>A registered server as the store knows it.</summary>
public sealed record SharedServer
{
    /// <summary>Which one.</summary>
    public required ServerIdentity Identity { get; init; }

    /// <summary>How long ago it registered, by the store's clock.</summary>
    public required TimeSpan SinceJoined { get; init; }

    /// <summary>How long ago its last sync was, by the store's clock; null if it made none since it registered.</summary>
    public TimeSpan? SinceSync { get; init; }

    /// <summary>The revision that it has confirmed.</summary>
    public required long Confirmed { get; init; }

    /// <summary>The hash of the clients in its files; null if it told none.</summary>
    public string? FilesHash { get; init; }
}
