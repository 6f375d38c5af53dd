using System.Collections.Frozen;

namespace Mandos.TlsBouncy.Priority;

/// <summary>The cipher suites that GnuTLS 3.7 knows and that authenticate by certificates or raw keys.</summary>
internal static class CipherSuites
{
    private const int Tls10 = 0x0301;
    private const int Tls12 = 0x0303;
    private const int Tls13 = 0x0304;

    /// <summary>All of them, with the numbers and versions of IANA's registry and the names of GnuTLS.</summary>
    private static readonly CipherSuiteInfo[] _all =
    [
        new(0x1301, "TLS_AES_128_GCM_SHA256", "", "AES-128-GCM", "AEAD", Tls13),
        new(0x1302, "TLS_AES_256_GCM_SHA384", "", "AES-256-GCM", "AEAD", Tls13),
        new(0x1303, "TLS_CHACHA20_POLY1305_SHA256", "", "CHACHA20-POLY1305", "AEAD", Tls13),
        new(0x1304, "TLS_AES_128_CCM_SHA256", "", "AES-128-CCM", "AEAD", Tls13),
        new(0x1305, "TLS_AES_128_CCM_8_SHA256", "", "AES-128-CCM-8", "AEAD", Tls13),
        new(0x0001, "TLS_RSA_NULL_MD5", "RSA", "NULL", "MD5", Tls10),
        new(0x0002, "TLS_RSA_NULL_SHA1", "RSA", "NULL", "SHA1", Tls10),
        new(0x003B, "TLS_RSA_NULL_SHA256", "RSA", "NULL", "SHA256", Tls12),
        new(0x0005, "TLS_RSA_ARCFOUR_128_SHA1", "RSA", "ARCFOUR-128", "SHA1", Tls10),
        new(0x0004, "TLS_RSA_ARCFOUR_128_MD5", "RSA", "ARCFOUR-128", "MD5", Tls10),
        new(0x000A, "TLS_RSA_3DES_EDE_CBC_SHA1", "RSA", "3DES-CBC", "SHA1", Tls10),
        new(0x002F, "TLS_RSA_AES_128_CBC_SHA1", "RSA", "AES-128-CBC", "SHA1", Tls10),
        new(0x0035, "TLS_RSA_AES_256_CBC_SHA1", "RSA", "AES-256-CBC", "SHA1", Tls10),
        new(0x00BA, "TLS_RSA_CAMELLIA_128_CBC_SHA256", "RSA", "CAMELLIA-128-CBC", "SHA256", Tls12),
        new(0x00C0, "TLS_RSA_CAMELLIA_256_CBC_SHA256", "RSA", "CAMELLIA-256-CBC", "SHA256", Tls12),
        new(0x0041, "TLS_RSA_CAMELLIA_128_CBC_SHA1", "RSA", "CAMELLIA-128-CBC", "SHA1", Tls10),
        new(0x0084, "TLS_RSA_CAMELLIA_256_CBC_SHA1", "RSA", "CAMELLIA-256-CBC", "SHA1", Tls10),
        new(0x003C, "TLS_RSA_AES_128_CBC_SHA256", "RSA", "AES-128-CBC", "SHA256", Tls12),
        new(0x003D, "TLS_RSA_AES_256_CBC_SHA256", "RSA", "AES-256-CBC", "SHA256", Tls12),
        new(0x009C, "TLS_RSA_AES_128_GCM_SHA256", "RSA", "AES-128-GCM", "AEAD", Tls12),
        new(0x009D, "TLS_RSA_AES_256_GCM_SHA384", "RSA", "AES-256-GCM", "AEAD", Tls12),
        new(0xC07A, "TLS_RSA_CAMELLIA_128_GCM_SHA256", "RSA", "CAMELLIA-128-GCM", "AEAD", Tls12),
        new(0xC07B, "TLS_RSA_CAMELLIA_256_GCM_SHA384", "RSA", "CAMELLIA-256-GCM", "AEAD", Tls12),
        new(0xC09C, "TLS_RSA_AES_128_CCM", "RSA", "AES-128-CCM", "AEAD", Tls12),
        new(0xC09D, "TLS_RSA_AES_256_CCM", "RSA", "AES-256-CCM", "AEAD", Tls12),
        new(0xC0A0, "TLS_RSA_AES_128_CCM_8", "RSA", "AES-128-CCM-8", "AEAD", Tls12),
        new(0xC0A1, "TLS_RSA_AES_256_CCM_8", "RSA", "AES-256-CCM-8", "AEAD", Tls12),
        new(0x0066, "TLS_DHE_DSS_ARCFOUR_128_SHA1", "DHE-DSS", "ARCFOUR-128", "SHA1", Tls10),
        new(0x0013, "TLS_DHE_DSS_3DES_EDE_CBC_SHA1", "DHE-DSS", "3DES-CBC", "SHA1", Tls10),
        new(0x0032, "TLS_DHE_DSS_AES_128_CBC_SHA1", "DHE-DSS", "AES-128-CBC", "SHA1", Tls10),
        new(0x0038, "TLS_DHE_DSS_AES_256_CBC_SHA1", "DHE-DSS", "AES-256-CBC", "SHA1", Tls10),
        new(0x00BD, "TLS_DHE_DSS_CAMELLIA_128_CBC_SHA256", "DHE-DSS", "CAMELLIA-128-CBC", "SHA256", Tls12),
        new(0x00C3, "TLS_DHE_DSS_CAMELLIA_256_CBC_SHA256", "DHE-DSS", "CAMELLIA-256-CBC", "SHA256", Tls12),
        new(0x0044, "TLS_DHE_DSS_CAMELLIA_128_CBC_SHA1", "DHE-DSS", "CAMELLIA-128-CBC", "SHA1", Tls10),
        new(0x0087, "TLS_DHE_DSS_CAMELLIA_256_CBC_SHA1", "DHE-DSS", "CAMELLIA-256-CBC", "SHA1", Tls10),
        new(0x0040, "TLS_DHE_DSS_AES_128_CBC_SHA256", "DHE-DSS", "AES-128-CBC", "SHA256", Tls12),
        new(0x006A, "TLS_DHE_DSS_AES_256_CBC_SHA256", "DHE-DSS", "AES-256-CBC", "SHA256", Tls12),
        new(0x00A2, "TLS_DHE_DSS_AES_128_GCM_SHA256", "DHE-DSS", "AES-128-GCM", "AEAD", Tls12),
        new(0x00A3, "TLS_DHE_DSS_AES_256_GCM_SHA384", "DHE-DSS", "AES-256-GCM", "AEAD", Tls12),
        new(0xC080, "TLS_DHE_DSS_CAMELLIA_128_GCM_SHA256", "DHE-DSS", "CAMELLIA-128-GCM", "AEAD", Tls12),
        new(0xC081, "TLS_DHE_DSS_CAMELLIA_256_GCM_SHA384", "DHE-DSS", "CAMELLIA-256-GCM", "AEAD", Tls12),
        new(0x0016, "TLS_DHE_RSA_3DES_EDE_CBC_SHA1", "DHE-RSA", "3DES-CBC", "SHA1", Tls10),
        new(0x0033, "TLS_DHE_RSA_AES_128_CBC_SHA1", "DHE-RSA", "AES-128-CBC", "SHA1", Tls10),
        new(0x0039, "TLS_DHE_RSA_AES_256_CBC_SHA1", "DHE-RSA", "AES-256-CBC", "SHA1", Tls10),
        new(0x00BE, "TLS_DHE_RSA_CAMELLIA_128_CBC_SHA256", "DHE-RSA", "CAMELLIA-128-CBC", "SHA256", Tls12),
        new(0x00C4, "TLS_DHE_RSA_CAMELLIA_256_CBC_SHA256", "DHE-RSA", "CAMELLIA-256-CBC", "SHA256", Tls12),
        new(0x0045, "TLS_DHE_RSA_CAMELLIA_128_CBC_SHA1", "DHE-RSA", "CAMELLIA-128-CBC", "SHA1", Tls10),
        new(0x0088, "TLS_DHE_RSA_CAMELLIA_256_CBC_SHA1", "DHE-RSA", "CAMELLIA-256-CBC", "SHA1", Tls10),
        new(0x0067, "TLS_DHE_RSA_AES_128_CBC_SHA256", "DHE-RSA", "AES-128-CBC", "SHA256", Tls12),
        new(0x006B, "TLS_DHE_RSA_AES_256_CBC_SHA256", "DHE-RSA", "AES-256-CBC", "SHA256", Tls12),
        new(0x009E, "TLS_DHE_RSA_AES_128_GCM_SHA256", "DHE-RSA", "AES-128-GCM", "AEAD", Tls12),
        new(0x009F, "TLS_DHE_RSA_AES_256_GCM_SHA384", "DHE-RSA", "AES-256-GCM", "AEAD", Tls12),
        new(0xC07C, "TLS_DHE_RSA_CAMELLIA_128_GCM_SHA256", "DHE-RSA", "CAMELLIA-128-GCM", "AEAD", Tls12),
        new(0xC07D, "TLS_DHE_RSA_CAMELLIA_256_GCM_SHA384", "DHE-RSA", "CAMELLIA-256-GCM", "AEAD", Tls12),
        new(0xCCAA, "TLS_DHE_RSA_CHACHA20_POLY1305", "DHE-RSA", "CHACHA20-POLY1305", "AEAD", Tls12),
        new(0xC09E, "TLS_DHE_RSA_AES_128_CCM", "DHE-RSA", "AES-128-CCM", "AEAD", Tls12),
        new(0xC09F, "TLS_DHE_RSA_AES_256_CCM", "DHE-RSA", "AES-256-CCM", "AEAD", Tls12),
        new(0xC0A2, "TLS_DHE_RSA_AES_128_CCM_8", "DHE-RSA", "AES-128-CCM-8", "AEAD", Tls12),
        new(0xC0A3, "TLS_DHE_RSA_AES_256_CCM_8", "DHE-RSA", "AES-256-CCM-8", "AEAD", Tls12),
        new(0xC010, "TLS_ECDHE_RSA_NULL_SHA1", "ECDHE-RSA", "NULL", "SHA1", Tls10),
        new(0xC012, "TLS_ECDHE_RSA_3DES_EDE_CBC_SHA1", "ECDHE-RSA", "3DES-CBC", "SHA1", Tls10),
        new(0xC013, "TLS_ECDHE_RSA_AES_128_CBC_SHA1", "ECDHE-RSA", "AES-128-CBC", "SHA1", Tls10),
        new(0xC014, "TLS_ECDHE_RSA_AES_256_CBC_SHA1", "ECDHE-RSA", "AES-256-CBC", "SHA1", Tls10),
        new(0xC028, "TLS_ECDHE_RSA_AES_256_CBC_SHA384", "ECDHE-RSA", "AES-256-CBC", "SHA384", Tls12),
        new(0xC011, "TLS_ECDHE_RSA_ARCFOUR_128_SHA1", "ECDHE-RSA", "ARCFOUR-128", "SHA1", Tls10),
        new(0xC076, "TLS_ECDHE_RSA_CAMELLIA_128_CBC_SHA256", "ECDHE-RSA", "CAMELLIA-128-CBC", "SHA256", Tls12),
        new(0xC077, "TLS_ECDHE_RSA_CAMELLIA_256_CBC_SHA384", "ECDHE-RSA", "CAMELLIA-256-CBC", "SHA384", Tls12),
        new(0xC006, "TLS_ECDHE_ECDSA_NULL_SHA1", "ECDHE-ECDSA", "NULL", "SHA1", Tls10),
        new(0xC008, "TLS_ECDHE_ECDSA_3DES_EDE_CBC_SHA1", "ECDHE-ECDSA", "3DES-CBC", "SHA1", Tls10),
        new(0xC009, "TLS_ECDHE_ECDSA_AES_128_CBC_SHA1", "ECDHE-ECDSA", "AES-128-CBC", "SHA1", Tls10),
        new(0xC00A, "TLS_ECDHE_ECDSA_AES_256_CBC_SHA1", "ECDHE-ECDSA", "AES-256-CBC", "SHA1", Tls10),
        new(0xC007, "TLS_ECDHE_ECDSA_ARCFOUR_128_SHA1", "ECDHE-ECDSA", "ARCFOUR-128", "SHA1", Tls10),
        new(0xC072, "TLS_ECDHE_ECDSA_CAMELLIA_128_CBC_SHA256", "ECDHE-ECDSA", "CAMELLIA-128-CBC", "SHA256", Tls12),
        new(0xC073, "TLS_ECDHE_ECDSA_CAMELLIA_256_CBC_SHA384", "ECDHE-ECDSA", "CAMELLIA-256-CBC", "SHA384", Tls12),
        new(0xC023, "TLS_ECDHE_ECDSA_AES_128_CBC_SHA256", "ECDHE-ECDSA", "AES-128-CBC", "SHA256", Tls12),
        new(0xC027, "TLS_ECDHE_RSA_AES_128_CBC_SHA256", "ECDHE-RSA", "AES-128-CBC", "SHA256", Tls12),
        new(0xC086, "TLS_ECDHE_ECDSA_CAMELLIA_128_GCM_SHA256", "ECDHE-ECDSA", "CAMELLIA-128-GCM", "AEAD", Tls12),
        new(0xC087, "TLS_ECDHE_ECDSA_CAMELLIA_256_GCM_SHA384", "ECDHE-ECDSA", "CAMELLIA-256-GCM", "AEAD", Tls12),
        new(0xC02B, "TLS_ECDHE_ECDSA_AES_128_GCM_SHA256", "ECDHE-ECDSA", "AES-128-GCM", "AEAD", Tls12),
        new(0xC02C, "TLS_ECDHE_ECDSA_AES_256_GCM_SHA384", "ECDHE-ECDSA", "AES-256-GCM", "AEAD", Tls12),
        new(0xC02F, "TLS_ECDHE_RSA_AES_128_GCM_SHA256", "ECDHE-RSA", "AES-128-GCM", "AEAD", Tls12),
        new(0xC030, "TLS_ECDHE_RSA_AES_256_GCM_SHA384", "ECDHE-RSA", "AES-256-GCM", "AEAD", Tls12),
        new(0xC024, "TLS_ECDHE_ECDSA_AES_256_CBC_SHA384", "ECDHE-ECDSA", "AES-256-CBC", "SHA384", Tls12),
        new(0xC08A, "TLS_ECDHE_RSA_CAMELLIA_128_GCM_SHA256", "ECDHE-RSA", "CAMELLIA-128-GCM", "AEAD", Tls12),
        new(0xC08B, "TLS_ECDHE_RSA_CAMELLIA_256_GCM_SHA384", "ECDHE-RSA", "CAMELLIA-256-GCM", "AEAD", Tls12),
        new(0xCCA8, "TLS_ECDHE_RSA_CHACHA20_POLY1305", "ECDHE-RSA", "CHACHA20-POLY1305", "AEAD", Tls12),
        new(0xCCA9, "TLS_ECDHE_ECDSA_CHACHA20_POLY1305", "ECDHE-ECDSA", "CHACHA20-POLY1305", "AEAD", Tls12),
        new(0xC0AC, "TLS_ECDHE_ECDSA_AES_128_CCM", "ECDHE-ECDSA", "AES-128-CCM", "AEAD", Tls12),
        new(0xC0AD, "TLS_ECDHE_ECDSA_AES_256_CCM", "ECDHE-ECDSA", "AES-256-CCM", "AEAD", Tls12),
        new(0xC0AE, "TLS_ECDHE_ECDSA_AES_128_CCM_8", "ECDHE-ECDSA", "AES-128-CCM-8", "AEAD", Tls12),
        new(0xC0AF, "TLS_ECDHE_ECDSA_AES_256_CCM_8", "ECDHE-ECDSA", "AES-256-CCM-8", "AEAD", Tls12),
    ];

    private static readonly FrozenDictionary<int, CipherSuiteInfo> _byNumber = _all.ToFrozenDictionary(suite => suite.Number);

    private static readonly FrozenDictionary<(string, string, string), CipherSuiteInfo> _byParts =
        _all.ToFrozenDictionary(suite => (suite.KeyExchange, suite.Cipher, suite.Mac));

    /// <summary>The suite of a number; null if it is none of these.</summary>
    public static CipherSuiteInfo? Find(int number) => _byNumber.GetValueOrDefault(number);

    /// <summary>GnuTLS's name, or the number in hexadecimal.</summary>
    public static string Name(int number) => Find(number)?.Name ?? $"0x{number:X4}";

    /// <summary>The suites that follow from lists, in GnuTLS's order: those of TLS 1.3 first.</summary>
    /// <param name="settings">The lists.</param>
    public static IEnumerable<CipherSuiteInfo> Of(PrioritySettings settings)
    {
        int highest = settings.Versions.Select(VersionNames.Number).DefaultIfEmpty().Max();
        if (highest >= Tls13 && settings.Macs.Contains("AEAD"))
        {
            foreach (string cipher in settings.Ciphers)
            {
                if (_byParts.TryGetValue(("", cipher, "AEAD"), out CipherSuiteInfo? suite))
                {
                    yield return suite;
                }
            }
        }

        foreach (string exchange in settings.KeyExchanges)
        {
            foreach (string cipher in settings.Ciphers)
            {
                foreach (string mac in settings.Macs)
                {
                    if (_byParts.TryGetValue((exchange, cipher, mac), out CipherSuiteInfo? suite) && highest >= suite.LowestVersion)
                    {
                        yield return suite;
                    }
                }
            }
        }
    }
}
