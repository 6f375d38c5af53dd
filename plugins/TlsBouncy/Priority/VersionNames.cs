using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Priority;

/// <summary>GnuTLS's names of the versions of TLS.</summary>
internal static class VersionNames
{
    /// <summary>The version; null if it is one of DTLS, which has no meaning over TCP.</summary>
    public static ProtocolVersion? Find(string name) => name switch
    {
        "TLS1.3" => ProtocolVersion.TLSv13,
        "TLS1.2" => ProtocolVersion.TLSv12,
        "TLS1.1" => ProtocolVersion.TLSv11,
        "TLS1.0" => ProtocolVersion.TLSv10,
        _ => null,
    };

    /// <summary>The version as on the wire; 0 for DTLS.</summary>
    public static int Number(string name) => Find(name)?.FullVersion ?? 0;
}
