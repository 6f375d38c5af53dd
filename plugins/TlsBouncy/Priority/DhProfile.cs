using System.Collections.Frozen;

namespace Mandos.TlsBouncy.Priority;

/// <summary>
/// The bits of the smallest prime that GnuTLS's security profiles take in a Diffie-Hellman key exchange of TLS up to 1.2. For raw keys they
/// limit nothing else.
/// </summary>
internal static class DhProfile
{
    /// <summary>The profile of most levels.</summary>
    public const int Low = 1024;

    /// <summary>The profile of 128 bits.</summary>
    public const int High = 3072;

    /// <summary>By keyword without <c>%PROFILE_</c>; case counts, as in GnuTLS.</summary>
    public static readonly FrozenDictionary<string, int> All = new Dictionary<string, int>
    {
        ["VERY_WEAK"] = 768,
        ["LOW"] = Low,
        ["LEGACY"] = 2048,
        ["MEDIUM"] = 2048,
        ["HIGH"] = High,
        ["ULTRA"] = 8192,
        ["FUTURE"] = 15360,
        ["SUITEB128"] = High,
        ["SUITEB192"] = 8192,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
