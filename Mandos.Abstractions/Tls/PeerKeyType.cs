namespace Mandos.Abstractions.Tls;

/// <summary>The kinds of key by which a peer authenticates.</summary>
public enum PeerKeyType
{
    /// <summary>A raw public key (RFC 7250): a SubjectPublicKeyInfo in DER.</summary>
    RawPublicKey,

    /// <summary>An OpenPGP key (RFC 6091): the body of its primary public-key packet (RFC 4880 section 5.5.2).</summary>
    OpenPgp,
}
