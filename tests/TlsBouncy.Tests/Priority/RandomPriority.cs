using Mandos.TlsBouncy.Priority;

namespace TlsBouncy.Tests.Priority;

/// <summary>Makes priority strings of all words that the installed GnuTLS has.</summary>
internal sealed class RandomPriority(int seed)
{
    private static readonly string[] _levels = [.. PriorityLevel.All.Keys];

    private static readonly string[] _options = Known(":", [.. PriorityKeywords.Options, .. DhProfile.All.Keys.Select(name => "%PROFILE_" + name)]);

    /// <summary>Words with a sign, a list for each kind, so that each kind is as frequent as the others.</summary>
    private static readonly string[][] _words = [.. ((string[][])
    [
        [.. PriorityKeywords.Versions.Select(name => "VERS-" + name), "VERS-ALL", "VERS-TLS-ALL", "VERS-DTLS-ALL"],
        [.. PriorityKeywords.Ciphers, "CIPHER-ALL", "CIPHER-GOST-ALL"],
        [.. PriorityKeywords.Macs, "MAC-ALL", "MAC-GOST-ALL"],
        [.. PriorityKeywords.KeyExchanges, "KX-ALL", "KX-GOST-ALL"],
        [
            .. PriorityKeywords.Groups.Select(name => "GROUP-" + name), .. PriorityKeywords.Curves.Select(name => "CURVE-" + name),
            "GROUP-ALL", "CURVE-ALL", "GROUP-EC-ALL", "GROUP-DH-ALL", "GROUP-GOST-ALL",
        ],
        [.. PriorityKeywords.Signatures.Select(name => "SIGN-" + name), "SIGN-ALL", "SIGN-GOST-ALL"],
        [
            "CTYPE-X509", "CTYPE-X.509", "CTYPE-RAWPK", "CTYPE-OPENPGP", "CTYPE-ALL", "CTYPE-CLI-X509", "CTYPE-SRV-X.509",
            "CTYPE-SRV-RAWPK", "CTYPE-CLI-RAWPK", "CTYPE-SRV-ALL", "CTYPE-CLI-ALL",
        ],
        ["COMP-NULL", "COMP-ALL", "COMP-X", "GOST", "GOST-ALL", .. PriorityKeywords.Gone],
    ]).Select(words => Known(":+", words))];

    private static readonly string[] _errors =
    [
        "", "+", "-", "!", "%", "FOO", "+FOO", "%FOO", "%PROFILE_", "%profile_low", "+CTYPE-FOO", "+VERS-FOO", "-SIGN-FOO",
        "+GROUP-FOO", "+CURVE-FFDHE2048", "-NORMAL", "!SECURE256", "+NONE", "NONE", "@SYSTEM", "VERS-ALL", "+CTYPE-CLI-OPENPGP", "+\tNULL",
        "+AES-128-GCM ", "=NORMAL", "é",
    ];

    private readonly Random _random = new(seed);

    /// <summary>A string of which one in ten is malformed.</summary>
    public string Next()
    {
        List<string> words = [];
        if (_random.Next(8) != 0)
        {
            words.Add(_random.Next(4) == 0 ? "NONE" : Pick(_levels));
        }

        for (int i = _random.Next(16); i > 0; i--)
        {
            words.Add(_random.Next(20) switch
            {
                0 => Pick(_levels),
                1 => "+" + Pick(_levels),
                2 => Pick(_options),
                _ => Pick(["+", "+", "+", "-", "-", "!"]) + Pick(Pick(_words)),
            });
        }

        if (_random.Next(10) == 0)
        {
            words.Insert(_random.Next(words.Count + 1), Pick(_errors));
        }

        string text = string.Join(':', words);
        return _random.Next(20) == 0 ? text.ToLowerInvariant() : text;
    }

    private static string[] Known(string before, IEnumerable<string> words)
        => [.. GnutlsPriority.Known(words.Select(word => before + word)).Select(word => word[before.Length..])];

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];
}
