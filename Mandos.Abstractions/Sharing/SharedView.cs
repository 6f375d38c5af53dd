namespace Mandos.Abstractions.Sharing;

/// <summary>What a sync brings.</summary>
public sealed record SharedView
{
    /// <summary>How far a server is when it has applied this view.</summary>
    public required SyncPoint Reached { get; init; }

    /// <summary>The control of each client that has changed since the point that the server had applied, as it is now; in no order.</summary>
    public required IReadOnlyList<SharedClient> Clients { get; init; }

    /// <summary>The liveness of each client of which a server reported since that point, in no order. Applying it twice does no harm.</summary>
    public required IReadOnlyList<SharedLiveness> Liveness { get; init; }

    /// <summary>Every request that waits at a server, with the verdict if there is one.</summary>
    public required IReadOnlyList<SharedRequest> Requests { get; init; }

    /// <summary>Every registered server, this one too.</summary>
    public required IReadOnlyList<SharedServer> Servers { get; init; }
}
