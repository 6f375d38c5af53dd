using System.Buffers.Binary;
using System.Text;

namespace CheckerSsh.Tests.Fakes;

/// <summary>Writes the data types of RFC 4251 section 5.</summary>
internal sealed class SshWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public SshWriter Byte(byte value)
    {
        _bytes.Add(value);
        return this;
    }

    public SshWriter Raw(ReadOnlySpan<byte> value)
    {
        _bytes.AddRange(value);
        return this;
    }

    public SshWriter String(ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        return Raw(length).Raw(value);
    }

    public SshWriter String(string value) => String(Encoding.ASCII.GetBytes(value));

    /// <summary>An unsigned number.</summary>
    public SshWriter Mpint(ReadOnlySpan<byte> bigEndian)
    {
        ReadOnlySpan<byte> number = bigEndian.TrimStart((byte)0);
        return number.IsEmpty || number[0] < 0x80 ? String(number) : String([0, .. number]);
    }
}
