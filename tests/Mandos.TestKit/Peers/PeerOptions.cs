using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TestKit.Peers;

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

    /// <summary>The finite field for Diffie-Hellman in TLS up to 1.2; null for one that the server names.</summary>
    public DHGroup? Field { get; init; }

    /// <summary>Whether it knows RFC 7627.</summary>
    public bool HasExtendedMasterSecret { get; init; } = true;

    /// <summary>
    /// With an OpenPGP key instead of a raw one: the Certificate message without its header, from <see cref="OpenPgpIdentity"/>.
    /// </summary>
    public byte[]? OpenPgpMessage { get; init; }
}
