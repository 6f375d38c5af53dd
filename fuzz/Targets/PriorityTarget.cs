using System.Text;
using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Priority;

namespace Mandos.Fuzz.Targets;

/// <summary>A priority string: refused with the place of the error, or taken, and then a handshake could succeed.</summary>
internal static class PriorityTarget
{
    public static IReadOnlyList<byte[]> Words { get; } =
    [
        .. PriorityKeywords.Versions.Select(static name => PriorityKeywords.VersionPrefix + name)
            .Concat(PriorityKeywords.Ciphers).Concat(PriorityKeywords.Macs).Concat(PriorityKeywords.KeyExchanges)
            .Concat(PriorityKeywords.Groups.Select(static name => PriorityKeywords.GroupPrefix + name))
            .Concat(PriorityKeywords.Signatures.Select(static name => PriorityKeywords.SignaturePrefix + name))
            .Concat(PriorityKeywords.CertificateTypes.Select(static name => PriorityKeywords.CertificateTypePrefix + name))
            .Concat(PriorityKeywords.Options).Concat(PriorityKeywords.Collections.Keys)
            .SelectMany(static word => (string[])[word, ":+" + word, ":-" + word, ":!" + word])
            .Concat([":", "::", "+", "-", "!", "%", "@", "@SYSTEM", " ", ",", "NORMAL", "NONE", "PFS", "PERFORMANCE", "LEGACY", "SECURE128",
                "SECURE192", "SECURE256", "SUITEB128", "SUITEB192", "CTYPE-SRV-RAWPK", "CTYPE-CLI-RAWPK", "%PROFILE_ULTRA", "%PROFILE_LOW"])
            .Select(Encoding.ASCII.GetBytes),
    ];

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        string text = Encoding.UTF8.GetString(data);
        HandshakePolicy policy;
        try
        {
            policy = PriorityString.Parse(text);
        }
        catch (PriorityStringException e)
        {
            Expect.That(e.Offset >= 0 && e.Offset <= text.Length, $"offset {e.Offset} is outside");
            Expect.IsFitForTheLog(e.Message, 8000);
            return;
        }

        foreach (string word in policy.Description.Unknown)
        {
            Expect.IsFitForTheLog(word);
        }

        Expect.That(policy.Versions.Length > 0 && policy.CipherSuites.Length > 0, "nothing to offer");
        Expect.That(policy.TakesRawKeys || policy.TakesOpenPgpKeys, "no type of key");
        Expect.That(policy.MinDhBits <= policy.MaxDhBits || !policy.Description.CipherSuites.Any(static name => name.Contains("DHE_RSA")
            && !name.Contains("ECDHE")), "no prime is long enough");
        Expect.That(policy.EarlyGroups.All(policy.Groups.Contains), "an early group is not a group");
        foreach (IReadOnlyList<string> names in (IReadOnlyList<string>[])
            [policy.Description.Versions, policy.Description.CipherSuites, policy.Description.Groups, policy.Description.Signatures])
        {
            Expect.That(names.Distinct().Count() == names.Count, "a name stands twice");
        }
    }

    public static IReadOnlyList<byte[]> Seeds() =>
    [
        .. ((string[])
        [
            PriorityString.Default, "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-RAWPK", "SECURE256:!CTYPE-X.509:+CTYPE-OPENPGP:!RSA:+SIGN-DSA-SHA256",
            "NONE:+VERS-TLS1.3:+AES-256-GCM:+AEAD:+SIGN-ALL:+GROUP-ALL:+CTYPE-RAWPK", "SUITEB192:+CTYPE-ALL", "NORMAL:%PROFILE_FUTURE:+CTYPE-RAWPK",
        ]).Select(Encoding.ASCII.GetBytes),
    ];
}
