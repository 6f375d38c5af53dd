using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>What we offer in a handshake, most preferred first.</summary>
internal sealed record HandshakePolicy
{
    /// <summary>TLS versions.</summary>
    public required ProtocolVersion[] Versions { get; init; }

    /// <summary>Cipher suites, by their IANA number.</summary>
    public required int[] CipherSuites { get; init; }

    /// <summary>Key exchange groups, by their IANA number.</summary>
    public required int[] Groups { get; init; }

    /// <summary>Those of <see cref="Groups"/> for which the first message has a key; the others cost a round trip more.</summary>
    public required int[] EarlyGroups { get; init; }

    /// <summary>Signature algorithms.</summary>
    public required SignatureAndHashAlgorithm[] SignatureAlgorithms { get; init; }
}
