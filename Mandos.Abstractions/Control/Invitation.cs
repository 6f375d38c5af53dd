using System.Net;

namespace Mandos.Abstractions.Control;

/// <summary>An invitation of a machine to become a client. All times are UTC.</summary>
public sealed record Invitation
{
    /// <summary>The name that the client is to have.</summary>
    public required string Name { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it ends by itself: if nothing has arrived by then, or what has arrived was neither accepted nor rejected.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>When the machine's section arrived, which waits now for a person; null if none has.</summary>
    public DateTimeOffset? Arrived { get; init; }

    /// <summary>Where the section came from; null if none has arrived.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The key ID in the section, in upper-case hexadecimal digits; null if none has arrived, or it has none.</summary>
    public string? KeyId { get; init; }
}
