using System.Buffers.Binary;
using System.Numerics;

namespace Mandos.TlsBouncy.OpenPgp;

/// <summary>Takes OpenPGP data apart (RFC 4880). It copies nothing, and reads nothing beyond the data.</summary>
/// <exception cref="OpenPgpFormatException">Each method: the data are not well-formed.</exception>
internal ref struct PacketReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _left = data;

    public readonly bool IsAtEnd => _left.IsEmpty;

    /// <summary>Reads a packet (section 4.2). One whose length is not told at its beginning counts as malformed.</summary>
    /// <param name="body">The packet without its header.</param>
    /// <returns>The tag.</returns>
    public int ReadPacket(out ReadOnlySpan<byte> body)
    {
        byte header = ReadByte();
        if ((header & 0x80) == 0)
        {
            throw new OpenPgpFormatException("no packet begins where one should");
        }

        bool isNew = (header & 0x40) != 0;
        long length = isNew ? ReadLength(isPacket: true) : (header & 3) switch
        {
            0 => ReadByte(),
            1 => ReadUInt16(),
            2 => ReadUInt32(),
            _ => throw new OpenPgpFormatException("a packet does not tell its length"),
        };
        body = Read(length);
        return isNew ? header & 0x3F : (header >> 2) & 0x0F;
    }

    /// <summary>Reads a subpacket of a signature (section 5.2.3.1).</summary>
    /// <param name="body">The subpacket without length and type.</param>
    /// <returns>The type, with 128 if the subpacket is critical.</returns>
    public int ReadSubpacket(out ReadOnlySpan<byte> body)
    {
        PacketReader subpacket = new(Read(ReadLength(isPacket: false)));
        byte type = subpacket.ReadByte();
        body = subpacket._left;
        return type;
    }

    /// <summary>Reads a multiprecision integer (section 3.2), without leading zeros, for each has one encoding only.</summary>
    public ReadOnlySpan<byte> ReadNumber()
    {
        int bits = ReadUInt16();
        ReadOnlySpan<byte> number = Read((bits + 7) / 8);
        return bits > 0 && (number.Length * 8) - (BitOperations.LeadingZeroCount(number[0]) - 24) == bits
            ? number
            : throw new OpenPgpFormatException("a number is zero, or not as long as it says");
    }

    public byte ReadByte() => Read(1)[0];

    public int ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Read(2));

    public int ReadUInt24() => (ReadByte() << 16) | ReadUInt16();

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Read(4));

    public ReadOnlySpan<byte> Read(long count)
    {
        if (count > _left.Length)
        {
            throw new OpenPgpFormatException("it ends too early");
        }

        ReadOnlySpan<byte> read = _left[..(int)count];
        _left = _left[(int)count..];
        return read;
    }

    /// <summary>A length of new packets (section 4.2.2) or of subpackets, which have no partial ones.</summary>
    private long ReadLength(bool isPacket)
    {
        byte first = ReadByte();
        return first switch
        {
            < 192 => first,
            255 => ReadUInt32(),
            >= 224 when isPacket => throw new OpenPgpFormatException("a packet does not tell its length"),
            _ => ((first - 192) << 8) + ReadByte() + 192,
        };
    }
}
