using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Sharing;

/// <summary>When a client was last seen by any server. All durations are by the store's clock, at the time of the sync.</summary>
public sealed record SharedLiveness
{
    /// <summary>Name of the client.</summary>
    public required string Client { get; init; }

    /// <summary>How long ago the last successful check ended; null if there was none.</summary>
    public TimeSpan? SinceCheckedOk { get; init; }

    /// <summary>How long ago the last check ended; null if there was none.</summary>
    public TimeSpan? SinceChecked { get; init; }

    /// <summary>What that check came to, as <see cref="ClientSnapshot.LastCheckerStatus"/>.</summary>
    public int Status { get; init; } = ClientSnapshot.NotCheckedYet;

    /// <summary>How long until it expires, zero or less if that is due; null while it is disabled or removed.</summary>
    public TimeSpan? ExpiresIn { get; init; }
}
