using Mandos.Abstractions.Persistence;

namespace Mandos.Abstractions.Sharing;

/// <summary>Changes the control of one client.</summary>
public sealed record ControlCommand
{
    /// <summary>Tells it from all other commands, for ever.</summary>
    public required Guid Id { get; init; }

    /// <summary>Name of the client.</summary>
    public required string Client { get; init; }

    /// <summary>The <see cref="SharedClient.Revision"/> that the sender of the command has seen; 0 if the store did not have the client.</summary>
    public required long ExpectedRevision { get; init; }

    /// <summary>The client's control from now on; null to forget the client.</summary>
    public required SharedControl? Control { get; init; }

    /// <summary>Time from the commit until the client expires; null leaves that as it is. A client that is disabled has none.</summary>
    /// <remarks>Only here can an expiry come earlier. An enabled client that never got one counts as due.</remarks>
    public TimeSpan? ExpiresIn { get; init; }

    /// <summary>Commits only if the store sees the client's expiry as past: for a server that disables a client that was not seen in time.</summary>
    public bool OnlyIfExpired { get; init; }

    /// <summary>
    /// What <c>clients.conf</c> of this server says, where an edit of it gives the command: it is kept for this server in the same step. Its
    /// <see cref="StoredClient.Client"/> and secret do not count. Null: nothing to keep.
    /// </summary>
    public StoredClient? File { get; init; }
}
