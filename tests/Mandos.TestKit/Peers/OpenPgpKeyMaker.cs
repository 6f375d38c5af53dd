using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Security;

namespace Mandos.TestKit.Peers;

/// <summary>Makes OpenPGP keys packet by packet (RFC 4880), right and wrong.</summary>
public sealed class OpenPgpKeyMaker : IDisposable
{
    /// <summary>The user ID of <see cref="Identity"/>.</summary>
    public const string UserId = "client";

    private readonly RSA _key;

    public OpenPgpKeyMaker(int bits = 2048, uint created = 1_500_000_000, byte algorithm = 1, byte version = 4)
        : this(RSA.Create(bits), created, algorithm, version)
    {
    }

    private OpenPgpKeyMaker(RSA key, uint created, byte algorithm, byte version)
    {
        _key = key;
        RSAParameters numbers = key.ExportParameters(false);
        Body = [version, .. BigEndian(created), algorithm, .. Number(numbers.Modulus!), .. Number(numbers.Exponent!)];
#pragma warning disable CA5350 // That is what a fingerprint is
        Fingerprint = SHA1.HashData(KeySubject);
#pragma warning restore CA5350
    }

    /// <summary>The body of the key packet.</summary>
    public byte[] Body { get; }

    public byte[] Fingerprint { get; }

    /// <summary>The key as it is hashed.</summary>
    public byte[] KeySubject => [0x99, (byte)(Body.Length >> 8), (byte)Body.Length, .. Body];

    /// <summary>A usual key: one user ID, certified.</summary>
    public OpenPgpIdentity Identity => WithPackets(UserIdPacket(UserId), Certify(UserId));

    public static byte[] UserIdPacket(string userId) => Packet(13, Encoding.UTF8.GetBytes(userId));

    /// <summary>A user ID as it is hashed after the key.</summary>
    public byte[] UserIdSubject(string userId)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(userId);
        return [.. KeySubject, 0xB4, .. BigEndian((uint)bytes.Length), .. bytes];
    }

    /// <summary>The key and whatever follows it.</summary>
    public OpenPgpIdentity WithPackets(params byte[][] packets) => new(
        PeerKeyPair.FromRsa(PrivateKeyFactory.CreateKey(_key.ExportPkcs8PrivateKey())),
        [.. Packet(6, Body), .. packets.SelectMany(static packet => packet)],
        Convert.ToHexString(Fingerprint));

    /// <summary>A certification of a user ID, by default one that is right.</summary>
    public byte[] Certify(
        string userId, byte[]? more = null, byte type = 0x13, uint created = 1_500_000_000, byte hash = 8, byte[]? flags = null)
        => Sign(type, UserIdSubject(userId), [.. Subpacket(2, BigEndian(created)), .. Subpacket(27, flags ?? [0x22]), .. more ?? []], hash);

    /// <summary>A signature.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="subject">What it signs.</param>
    /// <param name="subpackets">Hashed subpackets.</param>
    /// <param name="hash">The number of the hash algorithm.</param>
    /// <param name="issuer">The issuer that it names; by default the real one.</param>
    public byte[] Sign(byte type, byte[] subject, byte[] subpackets, byte hash = 8, byte[]? issuer = null)
    {
        HashAlgorithmName name = hash switch
        {
            1 => HashAlgorithmName.MD5,
            2 => HashAlgorithmName.SHA1,
            8 => HashAlgorithmName.SHA256,
            9 => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        byte[] hashed = [4, type, 1, hash, (byte)(subpackets.Length >> 8), (byte)subpackets.Length, .. subpackets];
        byte[] signature = _key.SignData(
            [.. subject, .. hashed, 4, 0xFF, .. BigEndian((uint)hashed.Length)], name, RSASignaturePadding.Pkcs1);
        byte[] unhashed = Subpacket(16, issuer ?? Fingerprint[^8..]);
        return Packet(2, [.. hashed, 0, (byte)unhashed.Length, .. unhashed, 0, 0, .. Number(signature)]);
    }

    public static byte[] Packet(int tag, byte[] body) => [(byte)(0xC0 | tag), 0xFF, .. BigEndian((uint)body.Length), .. body];

    public static byte[] Subpacket(byte type, byte[] body) => [(byte)(body.Length + 1), type, .. body];

    public static byte[] BigEndian(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>A multiprecision integer.</summary>
    public static byte[] Number(byte[] bigEndian)
    {
        byte[] number = bigEndian.AsSpan().TrimStart((byte)0).ToArray();
        int bits = (number.Length * 8) - (System.Numerics.BitOperations.LeadingZeroCount(number[0]) - 24);
        return [(byte)(bits >> 8), (byte)bits, .. number];
    }

    public void Dispose() => _key.Dispose();
}
