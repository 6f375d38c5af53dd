namespace Mandos.PluginContracts.Tls;

/// <summary>What a peer does wrong in its handshake. With none of these may a handshake succeed.</summary>
public enum TlsPeerFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It signs with another key than it shows: it does not own that one.</summary>
    ForeignSignature,

    /// <summary>It shows a signature that its key made in another handshake.</summary>
    ReplayedSignature,

    /// <summary>Its signature is noise.</summary>
    BrokenSignature,

    /// <summary>It names a signature scheme that does not fit its key.</summary>
    UnfitScheme,

    /// <summary>It leaves CertificateVerify out.</summary>
    NoSignature,

    /// <summary>Its Finished is wrong.</summary>
    BrokenFinished,

    /// <summary>It sends application data where its Finished should be.</summary>
    NoFinished,

    /// <summary>It chooses X.509, and shows such a certificate.</summary>
    X509Certificate,

    /// <summary>It chooses raw public keys, and shows an X.509 certificate.</summary>
    X509InPlaceOfKey,

    /// <summary>It shows a raw public key without having chosen that type of certificate.</summary>
    NoCertificateType,

    /// <summary>It shows no key.</summary>
    NoCertificate,

    /// <summary>It shows two keys.</summary>
    TwoCertificates,

    /// <summary>There are more bytes after its key, in the place of the key.</summary>
    LongKey,

    /// <summary>There are more bytes after its Certificate message's content.</summary>
    LongCertificate,

    /// <summary>It sends its certificate type unencrypted.</summary>
    Unencrypted,

    /// <summary>It chooses TLS 1.2, but goes on in TLS 1.3.</summary>
    OldVersion,

    /// <summary>It chooses a cipher suite that nobody offers.</summary>
    UnofferedSuite,

    /// <summary>It chooses a group for which the other side sent no key share.</summary>
    UnofferedGroup,

    /// <summary>It does not echo the session ID.</summary>
    OtherSession,

    /// <summary>It asks for another ClientHello twice.</summary>
    SecondRetry,

    /// <summary>It sends a record that is longer than a record can be.</summary>
    LongRecord,

    /// <summary>It announces a handshake message of sixteen megabytes, and sends much of it.</summary>
    LongMessage,

    /// <summary>It sends records without meaning in place of its first encrypted message, megabytes of them.</summary>
    Flood,
}
