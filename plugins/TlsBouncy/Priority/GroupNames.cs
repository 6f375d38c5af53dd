using System.Collections.Frozen;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>GnuTLS's names of groups (RFC 8446 section 4.2.7, RFC 8422, RFC 7919).</summary>
internal static class GroupNames
{
    private static readonly FrozenDictionary<string, int> _numbers = new Dictionary<string, int>
    {
        ["SECP192R1"] = NamedGroup.secp192r1,
        ["SECP224R1"] = NamedGroup.secp224r1,
        ["SECP256R1"] = NamedGroup.secp256r1,
        ["SECP384R1"] = NamedGroup.secp384r1,
        ["SECP521R1"] = NamedGroup.secp521r1,
        ["X25519"] = NamedGroup.x25519,
        ["X448"] = NamedGroup.x448,
        ["FFDHE2048"] = NamedGroup.ffdhe2048,
        ["FFDHE3072"] = NamedGroup.ffdhe3072,
        ["FFDHE4096"] = NamedGroup.ffdhe4096,
        ["FFDHE6144"] = NamedGroup.ffdhe6144,
        ["FFDHE8192"] = NamedGroup.ffdhe8192,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The group's number in IANA's registry; null if we do not have it.</summary>
    public static int? Find(string name) => _numbers.TryGetValue(name, out int number) ? number : null;

    /// <summary>Whether TLS 1.3 has it.</summary>
    public static bool IsForTls13(string name) => name is not ("SECP192R1" or "SECP224R1");
}
