namespace Mandos.Abstractions.Tls;

/// <summary>The public key that a peer has proved to own.</summary>
/// <param name="Type">What <paramref name="Encoded"/> holds.</param>
/// <param name="Encoded">The key in the encoding that its type names.</param>
public sealed record PeerKey(PeerKeyType Type, ReadOnlyMemory<byte> Encoded);
