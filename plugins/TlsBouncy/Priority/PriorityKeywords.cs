using System.Collections.Frozen;

namespace Mandos.TlsBouncy.Priority;

/// <summary>
/// The words that can stand in a priority string of GnuTLS 3.7.9, 3.8.9 or 3.8.13, apart from levels. Also those that mean nothing to us, which a string made
/// for another program may have.
/// </summary>
internal static class PriorityKeywords
{
    /// <summary>Prefix of protocol versions.</summary>
    public const string VersionPrefix = "VERS-";

    /// <summary>Prefix of groups.</summary>
    public const string GroupPrefix = "GROUP-";

    /// <summary>Another prefix of groups on elliptic curves.</summary>
    public const string CurvePrefix = "CURVE-";

    /// <summary>Prefix of signature algorithms.</summary>
    public const string SignaturePrefix = "SIGN-";

    /// <summary>Prefix of certificate types.</summary>
    public const string CertificateTypePrefix = "CTYPE-";

    /// <summary>Prefix of compression methods, which mean nothing any more.</summary>
    public const string CompressionPrefix = "COMP-";

    /// <summary>Prefix of <see cref="DhProfile"/>.</summary>
    public const string ProfilePrefix = "%PROFILE_";

    /// <summary>Words with a sign that GnuTLS knows and that have no effect: it no longer has what they stood for.</summary>
    public static readonly FrozenSet<string> Gone = Set(["VERS-SSL3.0", "RSA-EXPORT", "ARCFOUR-40"]);

    /// <summary>Versions that are on at first, and those of <c>VERS-ALL</c>.</summary>
    public static readonly string[] UsualVersions = ["TLS1.3", "TLS1.2", "TLS1.1", "TLS1.0", "DTLS1.2", "DTLS1.0"];

    /// <summary>Certificate types; OpenPGP is ours, GnuTLS has only its name.</summary>
    public static readonly string[] CertificateTypes = ["X.509", "RAWPK", "OPENPGP"];

    public static readonly FrozenSet<string> Versions = Set([.. UsualVersions, "DTLS0.9"]);

    public static readonly FrozenSet<string> Ciphers = Set(
    [
        "AES-256-CBC", "AES-192-CBC", "AES-128-CBC", "AES-128-GCM", "AES-192-GCM", "AES-256-GCM", "AES-128-CCM", "AES-256-CCM",
        "AES-128-CCM-8", "AES-256-CCM-8", "ARCFOUR-128", "ESTREAM-SALSA20-256", "SALSA20-256", "CHACHA20-32", "CHACHA20-64",
        "CAMELLIA-256-CBC", "CAMELLIA-192-CBC", "CAMELLIA-128-CBC", "CHACHA20-POLY1305", "CAMELLIA-128-GCM", "CAMELLIA-256-GCM",
        "GOST28147-TC26Z-CFB", "GOST28147-CPA-CFB", "GOST28147-CPB-CFB", "GOST28147-CPC-CFB", "GOST28147-CPD-CFB", "AES-128-CFB8",
        "AES-192-CFB8", "AES-256-CFB8", "AES-128-XTS", "AES-256-XTS", "AES-128-SIV", "AES-256-SIV", "GOST28147-TC26Z-CNT",
        "MAGMA-CTR-ACPKM", "KUZNYECHIK-CTR-ACPKM", "3DES-CBC", "DES-CBC", "RC2-40", "NULL", "AES-128-SIV-GCM", "AES-256-SIV-GCM",
        "AES-128-CFB", "AES-192-CFB", "AES-256-CFB",
    ]);

    public static readonly FrozenSet<string> Macs = Set(
    [
        "SHA1", "SHA256", "SHA384", "SHA512", "SHA224", "UMAC-96", "UMAC-128", "AEAD", "MD5", "GOSTR341194", "STREEBOG-256",
        "STREEBOG-512", "AES-CMAC-128", "AES-CMAC-256", "AES-GMAC-128", "AES-GMAC-192", "AES-GMAC-256", "GOST28147-TC26Z-IMIT",
        "OMAC-MAGMA", "OMAC-KUZNYECHIK", "PBMAC1",
    ]);

    public static readonly FrozenSet<string> KeyExchanges = Set(
    [
        "ECDHE-RSA", "ECDHE-ECDSA", "RSA", "DHE-RSA", "DHE-DSS", "PSK", "RSA-PSK", "DHE-PSK", "ECDHE-PSK", "SRP-DSS", "SRP-RSA", "SRP",
        "ANON-DH", "ANON-ECDH", "VKO-GOST-12",
    ]);

    /// <summary>Groups on curves that <see cref="CurvePrefix"/> may name too.</summary>
    public static readonly FrozenSet<string> Curves = Set(
        ["SECP192R1", "SECP224R1", "SECP256R1", "SECP384R1", "SECP521R1", "X25519", "X448"]);

    private static readonly string[] _gostGroups = ["GC256A", "GC256B", "GC256C", "GC256D", "GC512A", "GC512B", "GC512C"];

    /// <summary>Those that GnuTLS 3.8 has where it is built with ML-KEM, which Debian's is not.</summary>
    private static readonly string[] _hybridGroups = ["SECP256R1-MLKEM768", "SECP384R1-MLKEM1024", "X25519-MLKEM768"];

    public static readonly FrozenSet<string> Groups = Set([.. Curves, .. _gostGroups, .. _hybridGroups, .. PriorityLevel.Normal.Groups]);

    public static readonly FrozenSet<string> Signatures = Set(
    [
        .. PriorityLevel.Normal.Signatures, "ECDSA-SHA3-224", "ECDSA-SHA3-256", "ECDSA-SHA3-384", "ECDSA-SHA3-512", "RSA-SHA3-224",
        "RSA-SHA3-256", "RSA-SHA3-384", "RSA-SHA3-512", "DSA-SHA3-224", "DSA-SHA3-256", "DSA-SHA3-384", "DSA-SHA3-512", "RSA-RAW",
        "RSA-SHA224", "RSA-RMD160", "DSA-SHA1", "DSA-SHA224", "DSA-SHA256", "DSA-SHA384", "DSA-SHA512", "RSA-MD5", "RSA-MD2",
        "ECDSA-SHA224", "GOSTR341012-512", "GOSTR341012-256", "GOSTR341001", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87",
    ]);

    /// <summary>Keywords with <c>%</c> besides <see cref="ProfilePrefix"/>; case counts, as in GnuTLS.</summary>
    public static readonly FrozenSet<string> Options = FrozenSet.Create(
        StringComparer.Ordinal,
        "%ALLOW_SMALL_RECORDS", "%COMPAT", "%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS", "%DISABLE_SAFE_RENEGOTIATION",
        "%DISABLE_TLS13_COMPAT_MODE", "%DISABLE_WILDCARDS", "%DUMBFW", "%FALLBACK_SCSV", "%FORCE_ETM", "%FORCE_SESSION_HASH",
        "%LATEST_RECORD_VERSION", "%NEW_PADDING", "%NO_ETM", "%NO_EXTENSIONS", "%NO_SESSION_HASH", "%NO_SHUFFLE_EXTENSIONS",
        "%NO_STATUS_REQUEST", "%NO_TICKETS", "%NO_TICKETS_TLS12", "%PARTIAL_RENEGOTIATION",
        "%SAFE_RENEGOTIATION", "%SERVER_PRECEDENCE", "%SSL3_RECORD_VERSION", "%STATELESS_COMPRESSION", "%UNSAFE_RENEGOTIATION",
        "%VERIFY_ALLOW_BROKEN", "%VERIFY_ALLOW_SIGN_RSA_MD5", "%VERIFY_ALLOW_SIGN_WITH_SHA1", "%VERIFY_ALLOW_X509_V1_CA_CRT",
        "%VERIFY_DISABLE_CRL_CHECKS");

    /// <summary>The words that stand for many, without a sign.</summary>
    public static readonly FrozenDictionary<string, PriorityCollection> Collections = new Dictionary<string, PriorityCollection>
    {
        ["VERS-ALL"] = new(PriorityList.Versions, UsualVersions),
        ["VERS-TLS-ALL"] = new(PriorityList.Versions, UsualVersions[..4], UsualVersions[..4]),
        ["VERS-DTLS-ALL"] = new(PriorityList.Versions, UsualVersions[4..], [.. UsualVersions[4..], "DTLS0.9"]),
        ["CIPHER-ALL"] = new(PriorityList.Ciphers, [.. PriorityLevel.Normal.Ciphers]),
        ["CIPHER-GOST-ALL"] = new(PriorityList.Ciphers, ["GOST28147-TC26Z-CNT"]),
        ["MAC-ALL"] = new(PriorityList.Macs, [.. PriorityLevel.Normal.Macs]),
        ["MAC-GOST-ALL"] = new(PriorityList.Macs, ["GOST28147-TC26Z-IMIT"]),
        ["KX-ALL"] = new(PriorityList.KeyExchanges, [.. PriorityLevel.Normal.KeyExchanges]),
        ["KX-GOST-ALL"] = new(PriorityList.KeyExchanges, ["VKO-GOST-12"]),
        ["SIGN-ALL"] = new(PriorityList.Signatures, [.. PriorityLevel.Normal.Signatures]),
        ["SIGN-GOST-ALL"] = new(PriorityList.Signatures, ["GOSTR341012-256", "GOSTR341012-512"]),
        ["GROUP-ALL"] = new(PriorityList.Groups, [.. PriorityLevel.Normal.Groups]),
        ["CURVE-ALL"] = new(PriorityList.Groups, [.. PriorityLevel.Normal.Groups]),
        ["GROUP-EC-ALL"] = new(PriorityList.Groups, PriorityLevel.EcGroups, PriorityLevel.EcGroups),
        ["GROUP-DH-ALL"] = new(PriorityList.Groups, PriorityLevel.DhGroups, PriorityLevel.DhGroups),
        ["GROUP-GOST-ALL"] = new(PriorityList.Groups, _gostGroups, _gostGroups),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name as GnuTLS writes it; null if it is not in the set.</summary>
    public static string? Find(FrozenSet<string> names, string name) => names.TryGetValue(name, out string? actual) ? actual : null;

    private static FrozenSet<string> Set(IEnumerable<string> names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
