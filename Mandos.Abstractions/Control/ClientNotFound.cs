using System.Net;

namespace Mandos.Abstractions.Control;

/// <summary>A peer proved to own a key that belongs to no client.</summary>
/// <param name="KeyId">The key ID, or the fingerprint of an OpenPGP key, in upper-case hexadecimal digits.</param>
/// <param name="Address">Where the peer came from.</param>
public sealed record ClientNotFound(string KeyId, IPAddress Address) : ServerEvent;
