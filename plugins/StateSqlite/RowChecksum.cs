using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mandos.StateSqlite;

/// <summary>
/// The checksum of a row: SQLite notices broken pages, but not a flipped bit in a value, and the one in <c>enabled</c> gives out
/// a secret.
/// </summary>
/// <remarks>
/// The first 64 bits of the SHA-256 over the values, each as a byte for its kind and its contents. It is against chance, not
/// against a person, who could as well compute it.
/// </remarks>
internal sealed class RowChecksum
{
    private const byte Null = 0;
    private const byte Integer = 1;
    private const byte Bytes = 2;

    private readonly ArrayBufferWriter<byte> _values = new(1024);

    /// <summary>Begins a row.</summary>
    public void Begin() => _values.ResetWrittenCount();

    public void AddNull() => Add(Null, 0);

    public void Add(long value) => BinaryPrimitives.WriteInt64LittleEndian(Add(Integer, sizeof(long)), value);

    public void Add(ReadOnlySpan<byte> value)
    {
        Span<byte> place = Add(Bytes, sizeof(int) + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(place, value.Length);
        value.CopyTo(place[sizeof(int)..]);
    }

    /// <summary>Gives the checksum of the values added.</summary>
    public long Complete()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_values.WrittenSpan, hash);
        return BinaryPrimitives.ReadInt64LittleEndian(hash);
    }

    private Span<byte> Add(byte kind, int length)
    {
        Span<byte> place = _values.GetSpan(1 + length)[..(1 + length)];
        place[0] = kind;
        _values.Advance(place.Length);
        return place[1..];
    }
}
