using System.Collections.Frozen;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>GnuTLS's names of signature algorithms, and what they are on the wire (RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1).</summary>
internal static class SignatureNames
{
    /// <summary>Those that we can verify.</summary>
    private static readonly FrozenDictionary<string, int> _schemes = new Dictionary<string, int>
    {
        ["RSA-SHA256"] = SignatureScheme.rsa_pkcs1_sha256,
        ["RSA-SHA384"] = SignatureScheme.rsa_pkcs1_sha384,
        ["RSA-SHA512"] = SignatureScheme.rsa_pkcs1_sha512,
        ["RSA-PSS-SHA256"] = SignatureScheme.rsa_pss_pss_sha256,
        ["RSA-PSS-SHA384"] = SignatureScheme.rsa_pss_pss_sha384,
        ["RSA-PSS-SHA512"] = SignatureScheme.rsa_pss_pss_sha512,
        ["RSA-PSS-RSAE-SHA256"] = SignatureScheme.rsa_pss_rsae_sha256,
        ["RSA-PSS-RSAE-SHA384"] = SignatureScheme.rsa_pss_rsae_sha384,
        ["RSA-PSS-RSAE-SHA512"] = SignatureScheme.rsa_pss_rsae_sha512,
        ["ECDSA-SHA256"] = SignatureScheme.ecdsa_secp256r1_sha256,
        ["ECDSA-SHA384"] = SignatureScheme.ecdsa_secp384r1_sha384,
        ["ECDSA-SHA512"] = SignatureScheme.ecdsa_secp521r1_sha512,
        ["ECDSA-SECP256R1-SHA256"] = SignatureScheme.ecdsa_secp256r1_sha256,
        ["ECDSA-SECP384R1-SHA384"] = SignatureScheme.ecdsa_secp384r1_sha384,
        ["ECDSA-SECP521R1-SHA512"] = SignatureScheme.ecdsa_secp521r1_sha512,
        ["EdDSA-Ed25519"] = SignatureScheme.ed25519,
        ["EdDSA-Ed448"] = SignatureScheme.ed448,
        ["RSA-SHA1"] = SignatureScheme.rsa_pkcs1_sha1,
        ["ECDSA-SHA1"] = SignatureScheme.ecdsa_sha1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Whether GnuTLS takes the algorithm as one for TLS 1.2.</summary>
    public static bool IsForTls12(string name) => name is "DSA-SHA1" or "GOSTR341012-256" or "GOSTR341012-512"
        || (_schemes.ContainsKey(name) && !IsTiedToCurve(name));

    /// <summary>Whether GnuTLS takes the algorithm as one for TLS 1.3.</summary>
    public static bool IsForTls13(string name) => _schemes.ContainsKey(name) && name is not ("ECDSA-SHA256" or "ECDSA-SHA384" or "ECDSA-SHA512");

    /// <summary>What it is on the wire; null if we cannot verify it.</summary>
    public static int? FindScheme(string name) => _schemes.TryGetValue(name, out int scheme) ? scheme : null;

    private static bool IsTiedToCurve(string name) => name.StartsWith("ECDSA-SECP", StringComparison.Ordinal);
}
