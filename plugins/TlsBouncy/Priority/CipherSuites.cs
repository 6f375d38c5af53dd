using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>Names of the cipher suites that we can offer.</summary>
internal static class CipherSuites
{
    /// <summary>The name in IANA's registry.</summary>
    public static string Name(int cipherSuite) => cipherSuite switch
    {
        CipherSuite.TLS_AES_128_GCM_SHA256 => nameof(CipherSuite.TLS_AES_128_GCM_SHA256),
        CipherSuite.TLS_AES_256_GCM_SHA384 => nameof(CipherSuite.TLS_AES_256_GCM_SHA384),
        CipherSuite.TLS_CHACHA20_POLY1305_SHA256 => nameof(CipherSuite.TLS_CHACHA20_POLY1305_SHA256),
        CipherSuite.TLS_AES_128_CCM_SHA256 => nameof(CipherSuite.TLS_AES_128_CCM_SHA256),
        _ => $"0x{cipherSuite:X4}",
    };
}
