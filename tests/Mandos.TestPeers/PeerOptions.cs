using Org.BouncyCastle.Tls;

namespace Mandos.TestPeers;

/// <summary>How a peer behaves in TLS.</summary>
/// <param name="Key">Its key.</param>
public sealed record PeerOptions(PeerKeyPair Key)
{
    /// <summary>Versions of TLS that it speaks.</summary>
    public IReadOnlyList<ProtocolVersion> Versions { get; init; } = [ProtocolVersion.TLSv13];

    /// <summary>Cipher suites that it takes.</summary>
    public IReadOnlyList<int> CipherSuites { get; init; } =
    [
        CipherSuite.TLS_AES_256_GCM_SHA384,
        CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite.TLS_AES_128_GCM_SHA256,
        CipherSuite.TLS_AES_128_CCM_SHA256,
    ];

    /// <summary>Groups that it takes.</summary>
    public IReadOnlyList<int> Groups { get; init; } = [NamedGroup.x25519, NamedGroup.secp256r1];
}
