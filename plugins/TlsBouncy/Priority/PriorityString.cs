using Mandos.Abstractions.Tls;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>Priority strings in GnuTLS's syntax. So far one is understood: the default.</summary>
internal static class PriorityString
{
    /// <summary>The default of the setting <c>priority</c>: TLS 1.3, raw public keys.</summary>
    public const string Default = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

    /// <summary>
    /// What GnuTLS offers under <see cref="Default"/>, with two changes: X25519 comes first, because it costs half of P-256,
    /// and its key goes out at once; and finite fields above 3072 bits are left out, because one of 8192 bits costs 125 ms.
    /// </summary>
    private static readonly HandshakePolicy _default = new()
    {
        Versions = [ProtocolVersion.TLSv13],
        CipherSuites =
        [
            CipherSuite.TLS_AES_256_GCM_SHA384,
            CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
            CipherSuite.TLS_AES_128_GCM_SHA256,
            CipherSuite.TLS_AES_128_CCM_SHA256,
        ],
        Groups =
        [
            NamedGroup.x25519,
            NamedGroup.secp256r1,
            NamedGroup.secp384r1,
            NamedGroup.secp521r1,
            NamedGroup.x448,
            NamedGroup.ffdhe2048,
            NamedGroup.ffdhe3072,
        ],
        EarlyGroups = [NamedGroup.x25519],
        SignatureAlgorithms = Algorithms(
        [
            SignatureScheme.rsa_pkcs1_sha256,
            SignatureScheme.rsa_pss_pss_sha256,
            SignatureScheme.rsa_pss_rsae_sha256,
            SignatureScheme.ecdsa_secp256r1_sha256,
            SignatureScheme.ed25519,
            SignatureScheme.rsa_pkcs1_sha384,
            SignatureScheme.rsa_pss_pss_sha384,
            SignatureScheme.rsa_pss_rsae_sha384,
            SignatureScheme.ecdsa_secp384r1_sha384,
            SignatureScheme.ed448,
            SignatureScheme.rsa_pkcs1_sha512,
            SignatureScheme.rsa_pss_pss_sha512,
            SignatureScheme.rsa_pss_rsae_sha512,
            SignatureScheme.ecdsa_secp521r1_sha512,
        ]),
    };

    /// <summary>Reads a priority string.</summary>
    /// <param name="priority">The string, as in the setting <c>priority</c>.</param>
    /// <exception cref="PriorityStringException">It is not the default.</exception>
    public static HandshakePolicy Parse(string priority) => priority == Default
        ? _default
        : throw new PriorityStringException(
            $"priority \"{priority}\" is not understood: this TLS back end knows only the default, \"{Default}\"");

    private static SignatureAndHashAlgorithm[] Algorithms(int[] schemes) =>
        [.. schemes.Select(SignatureScheme.GetSignatureAndHashAlgorithm)];
}
