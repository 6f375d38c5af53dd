using System.Net;

namespace Mandos.Abstractions.Control;

/// <summary>A key that peers have proved to own and that belongs to no client. All times are UTC.</summary>
public sealed record UnknownKey
{
    /// <summary>The key ID, or the fingerprint of an OpenPGP key, in upper-case hexadecimal digits.</summary>
    public required string KeyId { get; init; }

    /// <summary>Where it asked from last.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>How often it asked.</summary>
    public required long Count { get; init; }

    /// <summary>When it asked first.</summary>
    public required DateTimeOffset First { get; init; }

    /// <summary>When it asked last.</summary>
    public required DateTimeOffset Last { get; init; }
}
