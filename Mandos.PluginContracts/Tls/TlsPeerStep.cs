namespace Mandos.PluginContracts.Tls;

/// <summary>The messages of a TLS 1.3 server, in their order (RFC 8446 section 2).</summary>
public enum TlsPeerStep
{
    /// <summary>Version, cipher suite and key share.</summary>
    ServerHello,

    /// <summary>The type of certificate; the first message that is encrypted.</summary>
    EncryptedExtensions,

    /// <summary>The raw public key.</summary>
    Certificate,

    /// <summary>The signature that proves that the peer owns the key.</summary>
    CertificateVerify,

    /// <summary>The proof that both sides saw the same handshake.</summary>
    Finished,
}
