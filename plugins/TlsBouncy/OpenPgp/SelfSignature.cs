using System.Buffers.Binary;
using Mandos.TlsBouncy.Keys;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.OpenPgp;

/// <summary>A signature in a key (RFC 4880 section 5.2), as far as we care. That it is right shows when it is verified.</summary>
internal sealed class SelfSignature
{
    /// <summary>Types of signature that certify a user ID: from generic to positive.</summary>
    public const byte FirstCertification = 0x10;

    /// <summary>The last type of signature that certifies a user ID.</summary>
    public const byte LastCertification = 0x13;

    /// <summary>Type of a signature of the key alone.</summary>
    public const byte DirectKey = 0x1F;

    /// <summary>Type of a signature that revokes the key.</summary>
    public const byte KeyRevocation = 0x20;

    /// <summary>Type of a signature that takes back a certification.</summary>
    public const byte CertificationRevocation = 0x30;

    private const int CriticalBit = 0x80;

    /// <summary>Subpackets that we obey, or that restrict nothing that we do; another that is critical makes a signature void.</summary>
    private static readonly HashSet<int> _understood = [2, 3, 4, 7, 9, 11, 12, 16, 21, 22, 23, 24, 25, 27, 28, 30, 33];

    private byte[] _hashed = [];
    private byte[] _signature = [];
    private int _hashAlgorithm;
    private int _keyAlgorithm;

    /// <summary>What it is for.</summary>
    public byte Type { get; private init; }

    /// <summary>When it was made; seconds since 1970. Null if it does not say.</summary>
    public uint? Created { get; private set; }

    /// <summary>How long it holds; seconds, 0 for ever.</summary>
    public uint ValidFor { get; private set; }

    /// <summary>How long the key is valid; seconds after its making, 0 for ever.</summary>
    public uint KeyValidFor { get; private set; }

    /// <summary>What the key is for (section 5.2.3.21); null if it does not say.</summary>
    public byte? KeyFlags { get; private set; }

    /// <summary>Whether it says that this key has made it.</summary>
    public bool IsBySelf { get; private set; }

    /// <summary>Whether it makes a condition that we do not know.</summary>
    public bool HasUnknownCondition { get; private set; }

    /// <summary>Reads a signature.</summary>
    /// <param name="body">The packet.</param>
    /// <param name="fingerprint">The key's, to tell its own signatures from those of others.</param>
    /// <exception cref="OpenPgpFormatException">It is not well-formed.</exception>
    public static SelfSignature Parse(ReadOnlySpan<byte> body, ReadOnlySpan<byte> fingerprint)
    {
        PacketReader reader = new(body);
        byte version = reader.ReadByte();
        if (version != 4)
        {
            // Others have made it, or the key is older than any that we take. Its type is all that we need.
            return new SelfSignature { Type = version == 3 && reader.ReadByte() == 5 ? reader.ReadByte() : (byte)0 };
        }

        SelfSignature signature = new()
        {
            Type = reader.ReadByte(),
            _keyAlgorithm = reader.ReadByte(),
            _hashAlgorithm = reader.ReadByte(),
        };
        ReadOnlySpan<byte> hashed = reader.Read(reader.ReadUInt16());
        signature._hashed = body[..(6 + hashed.Length)].ToArray();
        signature.ReadSubpackets(hashed, fingerprint, areHashed: true);
        signature.ReadSubpackets(reader.Read(reader.ReadUInt16()), fingerprint, areHashed: false);
        reader.ReadUInt16();
        if (signature.IsBySelf)
        {
            // Others may sign with algorithms whose signatures have other forms.
            signature._signature = reader.ReadNumber().ToArray();
            if (!reader.IsAtEnd)
            {
                throw new OpenPgpFormatException("a signature has bytes after its end");
            }
        }

        return signature;
    }

    /// <summary>Whether a key has made the signature (section 5.2.4).</summary>
    /// <param name="key">The key.</param>
    /// <param name="modulusBytes">The length of its signatures.</param>
    /// <param name="subject">What is signed: the key, and the user ID if it certifies one, each with the prefix for hashing.</param>
    public bool Verify(RsaKey key, int modulusBytes, ReadOnlySpan<byte> subject)
    {
        int? scheme = _hashAlgorithm switch
        {
            2 => SignatureScheme.rsa_pkcs1_sha1,
            8 => SignatureScheme.rsa_pkcs1_sha256,
            9 => SignatureScheme.rsa_pkcs1_sha384,
            10 => SignatureScheme.rsa_pkcs1_sha512,
            _ => null,
        };
        if (scheme is null || _keyAlgorithm is not (1 or 3) || _signature.Length > modulusBytes)
        {
            return false;
        }

        Span<byte> trailer = [4, 0xFF, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(trailer[2..], _hashed.Length);
        byte[] padded = new byte[modulusBytes];
        _signature.CopyTo(padded, modulusBytes - _signature.Length);
        return key.Verify(scheme.Value, [.. subject, .. _hashed, .. trailer], padded);
    }

    private void ReadSubpackets(ReadOnlySpan<byte> area, ReadOnlySpan<byte> fingerprint, bool areHashed)
    {
        PacketReader reader = new(area);
        while (!reader.IsAtEnd)
        {
            int type = reader.ReadSubpacket(out ReadOnlySpan<byte> body);
            HasUnknownCondition |= (type & CriticalBit) != 0 && !_understood.Contains(type & ~CriticalBit);
            PacketReader value = new(body);
            switch (type & ~CriticalBit)
            {
                // Only the issuer may stand where anybody could have put it, because verification tells whether it is true.
                case 16:
                    IsBySelf |= body.Length == 8 && fingerprint.EndsWith(body);
                    break;
                case 33:
                    IsBySelf |= body.Length == 21 && body[0] == 4 && fingerprint.SequenceEqual(body[1..]);
                    break;
                case 2 when areHashed:
                    Created = value.ReadUInt32();
                    break;
                case 3 when areHashed:
                    ValidFor = value.ReadUInt32();
                    break;
                case 9 when areHashed:
                    KeyValidFor = value.ReadUInt32();
                    break;
                case 27 when areHashed:
                    KeyFlags = value.ReadByte();
                    break;
            }
        }
    }
}
