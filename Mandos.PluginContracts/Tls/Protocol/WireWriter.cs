using System.Buffers;
using System.Buffers.Binary;

namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>Writes the presentation language of TLS (RFC 8446 section 3).</summary>
internal sealed class WireWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _buffer.WrittenSpan.ToArray();

    public WireWriter Byte(int value) => Number(value, 1);

    public WireWriter UInt16(int value) => Number(value, 2);

    public WireWriter Bytes(ReadOnlySpan<byte> value)
    {
        _buffer.Write(value);
        return this;
    }

    /// <summary>A vector: its length, in this number of bytes, then its content.</summary>
    public WireWriter Vector(int lengthSize, Action<WireWriter> content)
    {
        var inner = new WireWriter();
        content(inner);
        return Number(inner._buffer.WrittenCount, lengthSize).Bytes(inner._buffer.WrittenSpan);
    }

    /// <summary>An extension (section 4.2).</summary>
    public WireWriter Extension(int type, Action<WireWriter> content) => UInt16(type).Vector(2, content);

    private WireWriter Number(int value, int size)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return Bytes(bytes[^size..]);
    }
}
