using System.Buffers.Binary;
using System.Security.Cryptography;
using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Limits;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.OpenPgp;

/// <summary>
/// The primary key of an OpenPGP key, which is what old versions of mandos-client sign with (RFC 4880 section 11.1). Only RSA is taken.
/// </summary>
/// <remarks>
/// The key must certify at least one of its user IDs, and the latest certification of each must be right. The holder of the key
/// could make it appear at will, so this protects only against mistakes. The same is true of revocation and expiry: if a client presents
/// a revoked key, its administrator meant it to stop. In doubt the key is refused.
/// Subkeys, and certifications by others, are ignored.
/// </remarks>
internal sealed class OpenPgpKey
{
    private const int RsaEncryptOrSign = 1;
    private const int RsaSignOnly = 3;

    /// <summary>Flags of a key that may sign data or authenticate (section 5.2.3.21).</summary>
    private const byte MaySign = 0x02 | 0x20;

    private const string MakeNew = "make it a new one with mandos-keygen";

    private readonly uint _created;
    private readonly int _modulusBytes;

    private OpenPgpKey(ReadOnlySpan<byte> body)
    {
        PacketReader reader = new(body);
        byte version = reader.ReadByte();
        if (version != 4)
        {
            throw Refused($"is of version {version}; only version 4 is taken");
        }

        _created = reader.ReadUInt32();
        byte algorithm = reader.ReadByte();
        if (algorithm is not (RsaEncryptOrSign or RsaSignOnly))
        {
            throw Refused($"is of algorithm {algorithm}{(algorithm == 17 ? " (DSA)" : "")}; only RSA that may sign is taken");
        }

        byte[] modulus = reader.ReadNumber().ToArray();
        byte[] exponent = reader.ReadNumber().ToArray();
        if (!reader.IsAtEnd)
        {
            throw new OpenPgpFormatException("the key packet has bytes after its numbers");
        }

        if ((modulus[^1] & exponent[^1] & 1) == 0)
        {
            throw new OpenPgpFormatException("a number of the key is even");
        }

        Key = RsaKey.Create(modulus, exponent);
        Body = body.ToArray();
        _modulusBytes = modulus.Length;
#pragma warning disable CA5350 // RFC 4880 defines version 4 fingerprints by SHA-1
        Fingerprint = SHA1.HashData(Subject());
#pragma warning restore CA5350
    }

    /// <summary>The key packet, without its header.</summary>
    public byte[] Body { get; }

    /// <summary>The fingerprint (section 12.2).</summary>
    public byte[] Fingerprint { get; }

    /// <summary>What verifies the key's signatures.</summary>
    public RsaKey Key { get; }

    /// <summary>Reads a key and checks that it is in order.</summary>
    /// <param name="certificate">The key with its user IDs and signatures (section 11.1), binary.</param>
    /// <param name="now">The time, for what has expired.</param>
    /// <exception cref="PeerRefusedException">It is malformed, of a kind that we do not take, revoked or expired.</exception>
    public static OpenPgpKey Parse(ReadOnlySpan<byte> certificate, DateTimeOffset now)
    {
        if (certificate.Length > TlsLimits.OpenPgpCertificateBytes)
        {
            throw Refused($"has {certificate.Length} bytes with all that belongs to it; {TlsLimits.OpenPgpCertificateBytes} are taken");
        }

        try
        {
            PacketReader reader = new(certificate);
            if (reader.ReadPacket(out ReadOnlySpan<byte> body) != PacketTag.PublicKey)
            {
                throw new OpenPgpFormatException("it does not begin with a public key");
            }

            OpenPgpKey key = new(body);
            key.CheckSignatures(ref reader, now);
            return key;
        }
        catch (OpenPgpFormatException e)
        {
            throw new PeerRefusedException(AlertDescription.bad_certificate,
                $"the peer's OpenPGP key is malformed ({e.Message}): {MakeNew}", e);
        }
    }

    private static PeerRefusedException Refused(string problem, short alert = AlertDescription.unsupported_certificate)
        => new(alert, $"the peer's OpenPGP key {problem}: {MakeNew}");

    /// <summary>Goes through what follows the key, and checks the signatures that the key itself made.</summary>
    private void CheckSignatures(ref PacketReader reader, DateTimeOffset now)
    {
        ReadOnlySpan<byte> userId = default;
        int component = PacketTag.PublicKey;
        SelfSignature? latest = null;
        bool isTakenBack = false;
        int userIds = 0;
        int certified = 0;
        int packets = 0;
        while (!reader.IsAtEnd)
        {
            int tag = reader.ReadPacket(out ReadOnlySpan<byte> body);
            if (++packets > TlsLimits.OpenPgpPackets)
            {
                throw Refused($"has more than {TlsLimits.OpenPgpPackets} packets");
            }

            switch (tag)
            {
                case PacketTag.Signature when component == PacketTag.PublicSubkey || component == PacketTag.UserAttribute:
                case PacketTag.Trust:
                    break;
                case PacketTag.Signature:
                    SelfSignature signature = SelfSignature.Parse(body, Fingerprint);
                    if (signature.Type == SelfSignature.KeyRevocation)
                    {
                        throw Refused("is revoked", AlertDescription.certificate_revoked);
                    }

                    isTakenBack |= signature.Type == SelfSignature.CertificationRevocation && signature.IsBySelf;
                    bool counts = signature.IsBySelf && (component == PacketTag.PublicKey
                        ? signature.Type == SelfSignature.DirectKey
                        : signature.Type is >= SelfSignature.FirstCertification and <= SelfSignature.LastCertification);
                    if (counts && (latest is null || signature.Created >= latest.Created))
                    {
                        latest = signature;
                    }

                    break;
                case PacketTag.UserId:
                case PacketTag.UserAttribute:
                case PacketTag.PublicSubkey:
                    certified += Check(component, userId, isTakenBack ? null : latest, now);
                    component = tag;
                    userId = body;
                    latest = null;
                    isTakenBack = false;
                    if (tag == PacketTag.UserId && ++userIds > TlsLimits.OpenPgpUserIds)
                    {
                        throw Refused($"has more than {TlsLimits.OpenPgpUserIds} user IDs");
                    }

                    break;
                default:
                    throw new OpenPgpFormatException($"a packet of type {tag} does not belong into a key");
            }
        }

        certified += Check(component, userId, isTakenBack ? null : latest, now);
        if (certified == 0)
        {
            throw Refused("does not certify any user ID of its own", AlertDescription.bad_certificate);
        }
    }

    /// <summary>Checks the key's latest signature of itself or of one of its user IDs.</summary>
    /// <returns>How many user IDs it certifies: one, or none.</returns>
    private int Check(int component, ReadOnlySpan<byte> userId, SelfSignature? signature, DateTimeOffset now)
    {
        if (signature is null)
        {
            return 0;
        }

        bool isOfUserId = component == PacketTag.UserId;
        if (signature.Created is not { } signed || signature.HasUnknownCondition
            || !signature.Verify(Key, _modulusBytes, isOfUserId ? [.. Subject(), .. Subject(userId)] : Subject()))
        {
            throw Refused("has a signature of its own that is wrong, or of a kind that is not taken", AlertDescription.bad_certificate);
        }

        long seconds = now.ToUnixTimeSeconds();
        if (IsOver(signed, signature.ValidFor, seconds) || IsOver(_created, signature.KeyValidFor, seconds))
        {
            throw Refused("has expired", AlertDescription.certificate_expired);
        }

        if (signature.KeyFlags is { } flags && (flags & MaySign) == 0)
        {
            throw Refused("says that it is neither for signing nor for authentication");
        }

        return isOfUserId ? 1 : 0;
    }

    private static bool IsOver(uint from, uint seconds, long now) => seconds != 0 && now >= (long)from + seconds;

    /// <summary>The key as it is hashed (section 5.2.4).</summary>
    private byte[] Subject()
    {
        byte[] subject = [0x99, 0, 0, .. Body];
        BinaryPrimitives.WriteUInt16BigEndian(subject.AsSpan(1), checked((ushort)Body.Length));
        return subject;
    }

    /// <summary>A user ID as it is hashed.</summary>
    private static byte[] Subject(ReadOnlySpan<byte> userId)
    {
        byte[] subject = [0xB4, 0, 0, 0, 0, .. userId];
        BinaryPrimitives.WriteInt32BigEndian(subject.AsSpan(1), userId.Length);
        return subject;
    }
}
