namespace Mandos.TlsBouncy.Limits;

/// <summary>What a peer may cost us. Anybody who can reach the port is a peer, so each limit holds before anybody is known.</summary>
/// <remarks>Time is not limited here: the deadline is the caller's cancellation token.</remarks>
internal static class TlsLimits
{
    /// <summary>Bytes that a peer may send before its handshake is complete.</summary>
    /// <remarks>
    /// An honest peer sends 0.5 KiB with an Ed25519 key and 2.5 KiB with RSA of 8192 bits. The limit ends floods of records that
    /// TLS tells us to ignore (change_cipher_spec, warnings) and that BouncyCastle does not count.
    /// </remarks>
    public const int HandshakeBytes = 64 * 1024;

    /// <summary>Records that a peer may send before its handshake is complete.</summary>
    /// <remarks>
    /// An honest peer sends six, and 128 if it cuts as many bytes as it may send into records of 512, the shortest that GnuTLS makes. Each
    /// encrypted one costs us 3 us however short it is.
    /// </remarks>
    public const int HandshakeRecords = 256;

    /// <summary>Bytes of one handshake message. The longest honest one is a Certificate of about 1 KiB.</summary>
    public const int HandshakeMessageBytes = 8 * 1024;

    /// <summary>Bytes of a message with an OpenPGP key, where the priority string allows these.</summary>
    public const int OpenPgpMessageBytes = OpenPgpCertificateBytes + 64;

    /// <summary>Bytes of an OpenPGP key with all that belongs to it. With RSA of 4096 bits and a subkey it has 4 KiB.</summary>
    /// <remarks>Others' signatures can make it longer; they are worth nothing here.</remarks>
    public const int OpenPgpCertificateBytes = 32 * 1024;

    /// <summary>Packets of an OpenPGP key. mandos-keygen makes five.</summary>
    public const int OpenPgpPackets = 256;

    /// <summary>User IDs of an OpenPGP key, for each of which a signature is verified. mandos-keygen makes one.</summary>
    public const int OpenPgpUserIds = 4;

    /// <summary>
    /// Bits of the longest prime for Diffie-Hellman of TLS up to 1.2, unless the priority string asks for more: the cost grows with the
    /// cube.
    /// </summary>
    public const int DhUsualPrimeMaxBits = 4096;

    /// <summary>Bits of the longest prime for Diffie-Hellman, whatever the priority string says.</summary>
    public const int DhPrimeMaxBits = 8192;

    /// <summary>
    /// Bits of the largest finite field that is offered unless the priority string names a larger one: one of 8192 bits costs 125 ms of CPU
    /// time.
    /// </summary>
    public const int FieldUsualMaxBits = 3072;

    /// <summary>Characters of a priority string; one with every word that there is has 3 KiB.</summary>
    public const int PriorityLength = 16 * 1024;

    /// <summary>Bytes that a peer may send after the handshake. They are dropped unread.</summary>
    /// <remarks>Servers of TLS 1.3 may send session tickets (GnuTLS: two of about 0.3 KiB) and end with a close_notify.</remarks>
    public const int BytesAfterHandshake = 16 * 1024;

    /// <summary>Bytes read at a time. The whole flight of an honest peer fits; larger buffers would only serve floods.</summary>
    public const int ReadBytes = 4 * 1024;

    /// <summary>Bytes of plain text encrypted and sent at a time: one full record (RFC 8446 section 5.1).</summary>
    public const int WriteBytes = 16 * 1024;

    /// <summary>Shortest RSA modulus in bits. GnuTLS sets no minimum for raw keys, but makes none below this.</summary>
    public const int RsaModulusMinBits = 1024;

    /// <summary>Longest RSA modulus in bits. Verifying costs its square: 0.5 ms at 8192 bits. No one makes longer ones.</summary>
    public const int RsaModulusMaxBits = 8192;

    /// <summary>Longest RSA public exponent in bits. Verifying costs its length, and nearly all exponents are 65537.</summary>
    public const int RsaExponentMaxBits = 64;
}
