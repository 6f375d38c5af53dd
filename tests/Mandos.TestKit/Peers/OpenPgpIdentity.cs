using System.Buffers.Binary;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace Mandos.TestKit.Peers;

/// <summary>An OpenPGP key with which an old Mandos client authenticates (RFC 6091).</summary>
/// <param name="Key">Signs the handshake.</param>
/// <param name="Certificate">The public key with its user IDs and signatures, binary.</param>
/// <param name="Fingerprint">As in clients.conf: 40 hexadecimal digits in capitals.</param>
public sealed record OpenPgpIdentity(PeerKeyPair Key, byte[] Certificate, string Fingerprint)
{
    /// <summary>Descriptor of a key with the ID of the one that signs (RFC 6091 section 3.3).</summary>
    public const byte KeyWithId = 2;

    /// <summary>Descriptor of a key (RFC 5081 section 3.3).</summary>
    public const byte KeyAlone = 0;

    /// <summary>Reads a key without a passphrase, as mandos-keygen makes it.</summary>
    /// <param name="secretKeyFile">The file with the secret key, in text form.</param>
    public static OpenPgpIdentity Read(string secretKeyFile)
    {
        using Stream file = PgpUtilities.GetDecoderStream(File.OpenRead(secretKeyFile));
        PgpSecretKeyRing ring = new PgpSecretKeyRingBundle(file).GetKeyRings().Single();
        PgpSecretKey key = ring.GetSecretKey();
        using MemoryStream certificate = new();
        foreach (PgpPublicKey part in ring.GetPublicKeys())
        {
            part.Encode(certificate);
        }

        return new(PeerKeyPair.FromRsa(key.ExtractPrivateKey([]).Key), certificate.ToArray(),
            Convert.ToHexString(key.PublicKey.GetFingerprint()));
    }

    /// <summary>What stands in its Certificate message, after the length at the beginning.</summary>
    /// <param name="descriptor">One of the above.</param>
    public byte[] Present(byte descriptor = KeyWithId) =>
    [
        descriptor,
        .. descriptor == KeyWithId ? (byte[])[8, .. Convert.FromHexString(Fingerprint)[^8..]] : [],
        .. UInt24(Certificate.Length), .. Certificate,
    ];

    /// <summary>Puts a length before data.</summary>
    /// <param name="presented">The data.</param>
    /// <param name="missing">By how much the length is too small.</param>
    public static byte[] Message(byte[] presented, int missing = 0) => [.. UInt24(presented.Length - missing), .. presented];

    private static byte[] UInt24(int number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return bytes[1..];
    }
}
