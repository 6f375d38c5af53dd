namespace Mandos.Abstractions.Control;

/// <summary>One of several servers that share their state, as far as the server that tells of it knows.</summary>
public sealed record KnownServer
{
    /// <summary>What people call it, such as its host name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is the server that tells of it.</summary>
    public bool IsSelf { get; init; }

    /// <summary>Since when it is one of the servers, UTC, to about a second.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The last change of control that it has confirmed: everything up to <see cref="ServerGroup.Revision"/> holds there if it is as high.</summary>
    public required long Confirmed { get; init; }

    /// <summary>How long ago its last sync was that is known of; null if none is.</summary>
    public TimeSpan? SinceSync { get; init; }

    /// <summary>
    /// How long it may still release secrets, at most, if it makes no further sync; zero or more. Of another server, as it was at the last sync of the
    /// server that tells of it; null if that is too long ago to know.
    /// </summary>
    public TimeSpan? PermissionLeft { get; init; }

    /// <summary>A hash of the clients in its files, which has nothing of their secrets; null if it told none. Servers with the same files have the same one.</summary>
    public string? FilesHash { get; init; }

    /// <summary>Whether a command waits for its confirmation.</summary>
    public bool IsAwaited { get; init; }
}
