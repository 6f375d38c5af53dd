using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Sharing;

/// <summary>A check that has ended, or a secret that was sent: what a server has seen of a client.</summary>
public sealed record CheckReport
{
    /// <summary>Name of the client. A report on one that the store does not know, or that was removed, is dropped.</summary>
    public required string Client { get; init; }

    /// <summary>How long ago it ended, by the reporter's monotonic clock. An older one than the store has changes no status.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>What it came to, as <see cref="ClientSnapshot.LastCheckerStatus"/>; null if there was no check.</summary>
    public int? Status { get; init; }

    /// <summary>Until when the client is good, from <see cref="Age"/> ago; null if it gives no time.</summary>
    /// <remarks>An expiry only moves to later by it, and a client that is disabled has none.</remarks>
    public TimeSpan? GoodFor { get; init; }
}
