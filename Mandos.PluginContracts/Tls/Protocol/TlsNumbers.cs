namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>The few numbers of TLS 1.3 that the peer knows (RFC 8446 unless said otherwise).</summary>
internal static class TlsNumbers
{
    // Versions (section 4.2.1)
    public const int Tls12 = 0x0303;
    public const int Tls13 = 0x0304;

    // Content types (section 5.1)
    public const byte ChangeCipherSpec = 20;
    public const byte Alert = 21;
    public const byte Handshake = 22;
    public const byte ApplicationData = 23;

    // Alerts (section 6)
    public const byte CloseNotify = 0;

    // Handshake types (section 4)
    public const byte ClientHello = 1;
    public const byte ServerHello = 2;
    public const byte EncryptedExtensions = 8;
    public const byte Certificate = 11;
    public const byte CertificateVerify = 15;
    public const byte Finished = 20;
    public const byte KeyUpdate = 24;
    public const byte MessageHash = 254;

    // Extensions (section 4.2; server_certificate_type: RFC 7250 section 3)
    public const int SupportedGroups = 10;
    public const int SignatureAlgorithms = 13;
    public const int ServerCertificateType = 20;
    public const int SupportedVersions = 43;
    public const int KeyShare = 51;

    // Certificate types (RFC 7250 section 7)
    public const byte X509 = 0;
    public const byte RawPublicKey = 2;

    // What the peer can do (sections B.4, 4.2.7, 4.2.3)
    public const int Aes128GcmSha256 = 0x1301;
    public const int Secp256r1 = 0x0017;
    public const int EcdsaSecp256r1Sha256 = 0x0403;

    // What it cannot do, but claims (the same)
    public const int Aes128Ccm8Sha256 = 0x1305;
    public const int RsaPssRsaeSha256 = 0x0804;
    public const int Ffdhe8192 = 0x0104;

    /// <summary>The longest plain text of a record, and how much encryption may add (sections 5.1, 5.2).</summary>
    public const int LongestPlainText = 1 << 14;
    public const int LongestExpansion = 256;
}
