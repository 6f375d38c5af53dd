using System.Collections.Frozen;

namespace Mandos.TlsBouncy.Priority;

/// <summary>What one of GnuTLS's level keywords stands for, most preferred first. The names are those of GnuTLS 3.7.</summary>
internal sealed record PriorityLevel
{
    /// <summary>The groups on elliptic curves.</summary>
    public static readonly string[] EcGroups = ["SECP256R1", "SECP384R1", "SECP521R1", "X25519", "X448"];

    /// <summary>The groups of finite fields.</summary>
    public static readonly string[] DhGroups = ["FFDHE2048", "FFDHE3072", "FFDHE4096", "FFDHE6144", "FFDHE8192"];

    private static readonly string[] _sha256 =
        ["RSA-SHA256", "RSA-PSS-SHA256", "RSA-PSS-RSAE-SHA256", "ECDSA-SHA256", "ECDSA-SECP256R1-SHA256", "EdDSA-Ed25519"];

    private static readonly string[] _sha384And512 =
    [
        "RSA-SHA384", "RSA-PSS-SHA384", "RSA-PSS-RSAE-SHA384", "ECDSA-SHA384", "ECDSA-SECP384R1-SHA384", "EdDSA-Ed448",
        "RSA-SHA512", "RSA-PSS-SHA512", "RSA-PSS-RSAE-SHA512", "ECDSA-SHA512", "ECDSA-SECP521R1-SHA512",
    ];

    /// <summary>The level of 128 bits, and whatever else is usual.</summary>
    public static readonly PriorityLevel Normal = new()
    {
        Ciphers = ["AES-256-GCM", "CHACHA20-POLY1305", "AES-256-CCM", "AES-256-CBC", "AES-128-GCM", "AES-128-CCM", "AES-128-CBC"],
        Macs = ["SHA1", "AEAD"],
        KeyExchanges = ["ECDHE-ECDSA", "ECDHE-RSA", "RSA", "DHE-RSA"],
        Groups = [.. EcGroups, .. DhGroups],
        Signatures = [.. _sha256, .. _sha384And512, "RSA-SHA1", "ECDSA-SHA1"],
        MinDhBits = DhProfile.Low,
    };

    private static readonly PriorityLevel _secure128 = Normal with
    {
        Ciphers = ["AES-256-GCM", "CHACHA20-POLY1305", "AES-256-CBC", "AES-256-CCM", "AES-128-GCM", "AES-128-CBC", "AES-128-CCM"],
        Signatures = [.. _sha256, .. _sha384And512],
    };

    private static readonly PriorityLevel _secure192 = new()
    {
        Ciphers = ["AES-256-GCM", "CHACHA20-POLY1305", "AES-256-CBC", "AES-256-CCM"],
        Macs = ["AEAD"],
        KeyExchanges = Normal.KeyExchanges,
        Groups = ["SECP384R1", "SECP521R1", "FFDHE8192"],
        Signatures = _sha384And512,
        MinDhBits = DhProfile.High,
    };

    private static readonly PriorityLevel _suiteB192 = new()
    {
        IsSuiteB = true,
        Ciphers = ["AES-256-GCM"],
        Macs = ["AEAD"],
        KeyExchanges = ["ECDHE-ECDSA"],
        Groups = ["SECP384R1"],
        Signatures = ["ECDSA-SHA384", "ECDSA-SECP384R1-SHA384"],
        MinDhBits = DhProfile.High,
    };

    /// <summary>All levels by keyword, in any case.</summary>
    public static readonly FrozenDictionary<string, PriorityLevel> All = new Dictionary<string, PriorityLevel>
    {
        ["NORMAL"] = Normal,
        ["LEGACY"] = Normal,
        ["PFS"] = Normal with { KeyExchanges = ["ECDHE-ECDSA", "ECDHE-RSA", "DHE-RSA"] },
        ["PERFORMANCE"] = Normal with
        {
            Ciphers = ["AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305", "AES-128-CCM", "AES-256-CCM", "AES-128-CBC", "AES-256-CBC"],
            KeyExchanges = ["RSA", "ECDHE-ECDSA", "ECDHE-RSA", "DHE-RSA"],
        },
        ["SECURE"] = _secure128,
        ["SECURE128"] = _secure128,
        ["SECURE192"] = _secure192,
        ["SECURE256"] = _secure192,
        ["SUITEB128"] = _suiteB192 with
        {
            Ciphers = ["AES-256-GCM", "AES-128-GCM"],
            Groups = ["SECP256R1", "SECP384R1"],
            Signatures = ["ECDSA-SHA256", "ECDSA-SECP256R1-SHA256", "ECDSA-SHA384", "ECDSA-SECP384R1-SHA384"],
        },
        ["SUITEB192"] = _suiteB192,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it is for TLS 1.2 alone (RFC 6460).</summary>
    public bool IsSuiteB { get; init; }

    /// <summary>Ciphers.</summary>
    public required IReadOnlyList<string> Ciphers { get; init; }

    /// <summary>Message authentication codes; <c>AEAD</c> for ciphers that need none.</summary>
    public required IReadOnlyList<string> Macs { get; init; }

    /// <summary>Key exchanges of TLS up to 1.2.</summary>
    public required IReadOnlyList<string> KeyExchanges { get; init; }

    /// <summary>Groups.</summary>
    public required IReadOnlyList<string> Groups { get; init; }

    /// <summary>Signature algorithms.</summary>
    public required IReadOnlyList<string> Signatures { get; init; }

    /// <summary>Bits of the smallest prime that a Diffie-Hellman key exchange of TLS up to 1.2 may use, unless <c>%PROFILE_*</c> says so.</summary>
    public required int MinDhBits { get; init; }
}
