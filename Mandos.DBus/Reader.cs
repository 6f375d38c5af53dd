using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>
/// Reads a message's body value by value, in the order of <see cref="Message.Signature"/>, which the caller knows. What is not
/// as the specification wants it, or ends too early, throws <see cref="DBusReadException"/>.
/// </summary>
public ref struct Reader
{
    /// <summary>
    /// How many values one variant may hold. Each costs 24 bytes where it may have taken one on the wire, and the sender is not
    /// trusted. The elements of <c>ay</c> do not count.
    /// </summary>
    private const int MaxVariantValues = 1 << 18;

    private readonly ReadOnlySpan<byte> _data;
    private readonly bool _isBigEndian;
    private int _position;

    /// <summary>Reads data that begins where alignment counts from.</summary>
    internal Reader(ReadOnlySpan<byte> data, bool isBigEndian, int position = 0)
    {
        _data = data;
        _isBigEndian = isBigEndian;
        _position = position;
    }

    /// <summary>How many bytes have not been read.</summary>
    internal readonly int Remaining => _data.Length - _position;

    /// <summary>The next value, of type <c>y</c>.</summary>
    public byte ReadByte() => Take(1)[0];

    /// <summary>The next value, of type <c>b</c>.</summary>
    public bool ReadBool()
    {
        uint value = ReadUInt32();
        return value <= 1 ? value == 1 : throw new DBusReadException("a boolean is neither 0 nor 1");
    }

    /// <summary>The next value, of type <c>n</c>.</summary>
    public short ReadInt16() => (short)ReadUInt16();

    /// <summary>The next value, of type <c>q</c>.</summary>
    public ushort ReadUInt16()
    {
        ReadOnlySpan<byte> bytes = TakeAligned(2);
        return _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    /// <summary>The next value, of type <c>i</c>.</summary>
    public int ReadInt32() => (int)ReadUInt32();

    /// <summary>The next value, of type <c>u</c>.</summary>
    public uint ReadUInt32()
    {
        ReadOnlySpan<byte> bytes = TakeAligned(4);
        return _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>The next value, of type <c>x</c>.</summary>
    public long ReadInt64() => (long)ReadUInt64();

    /// <summary>The next value, of type <c>t</c>.</summary>
    public ulong ReadUInt64()
    {
        ReadOnlySpan<byte> bytes = TakeAligned(8);
        return _isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>The next value, of type <c>d</c>.</summary>
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadUInt64());

    /// <summary>The next value, of type <c>s</c>.</summary>
    public string ReadString() => Encoding.UTF8.GetString(ReadStringBytes());

    /// <summary>The next value, of type <c>o</c>.</summary>
    public string ReadObjectPath()
    {
        ReadOnlySpan<byte> bytes = ReadStringBytes();
        return Names.IsPath(bytes) ? Encoding.ASCII.GetString(bytes) : throw new DBusReadException("an object path is not valid");
    }

    /// <summary>The next value, of type <c>g</c>.</summary>
    public string ReadSignature() => Encoding.ASCII.GetString(ReadSignatureBytes());

    /// <summary>The next value, of type <c>ay</c>; a copy that belongs to the caller.</summary>
    public byte[] ReadArrayOfByte()
    {
        int length = ReadArrayStart(DBusType.Byte).Position - _position;
        return Take(length).ToArray();
    }

    /// <summary>The next value, of type <c>as</c>.</summary>
    public string[] ReadArrayOfString()
    {
        List<string> strings = [];
        ArrayEnd end = ReadArrayStart(DBusType.String);
        while (HasNext(end))
        {
            strings.Add(ReadString());
        }
        return [.. strings];
    }

    /// <summary>The next value, of type <c>v</c>: what the variant holds, of any type.</summary>
    public VariantValue ReadVariantValue()
    {
        int budget = MaxVariantValues;
        return ReadVariant(1, ref budget);
    }

    /// <summary>Begins an array; then read its elements while <see cref="HasNext"/>.</summary>
    public ArrayEnd ReadArrayStart(DBusType elementType)
    {
        uint length = ReadUInt32();
        if (length > Limits.Array)
        {
            throw new DBusReadException("an array is longer than 64 MiB");
        }
        Align(Signatures.Alignment((byte)elementType));
        if (length > Remaining)
        {
            ThrowShort();
        }
        return new(_position + (int)length);
    }

    /// <summary>Begins a dictionary; while <see cref="HasNext"/>, <see cref="AlignStruct"/> and read key and value.</summary>
    public ArrayEnd ReadDictionaryStart() => ReadArrayStart(DBusType.DictEntry);

    /// <summary>Whether the array goes on.</summary>
    public readonly bool HasNext(ArrayEnd end)
        => _position <= end.Position
            ? _position < end.Position
            : throw new DBusReadException("an array's last element is longer than the array");

    /// <summary>Begins a structure or a dictionary's entry; neither has an end to be read.</summary>
    public void AlignStruct() => Align(8);

    /// <summary>Skips the values of a signature; the contents of strings and arrays of numbers are not looked at.</summary>
    public void Skip(string signature)
    {
        Span<byte> buffer = stackalloc byte[Signatures.MaxLength];
        if (!Signatures.TryGetBytes(signature, buffer, out ReadOnlySpan<byte> types))
        {
            throw new ArgumentException("not a valid signature", nameof(signature));
        }
        SkipAll(types, 0);
    }

    /// <summary>The values of a valid signature, of any types.</summary>
    internal VariantValue[] ReadValues(string signature)
    {
        int budget = MaxVariantValues;
        List<VariantValue> values = [];
        ReadAll(Encoding.ASCII.GetBytes(signature), 0, ref budget, values);
        return [.. values];
    }

    /// <summary>Text that is UTF-8 and holds no NUL; not a copy.</summary>
    internal ReadOnlySpan<byte> ReadStringBytes()
    {
        uint length = ReadUInt32();
        if (length >= Remaining)
        {
            ThrowShort();
        }
        ReadOnlySpan<byte> bytes = Take((int)length);
        if (Take(1)[0] != 0 || bytes.Contains((byte)0))
        {
            throw new DBusReadException("a string holds a NUL, or has none behind it");
        }
        return Utf8.IsValid(bytes) ? bytes : throw new DBusReadException("a string is not UTF-8");
    }

    /// <summary>A valid signature; not a copy.</summary>
    internal ReadOnlySpan<byte> ReadSignatureBytes()
    {
        ReadOnlySpan<byte> bytes = Take(ReadByte());
        return Take(1)[0] == 0 && Signatures.IsValid(bytes) ? bytes : throw new DBusReadException("a signature is not valid");
    }

    /// <summary>The signature of a variant, which is followed by a value of that type.</summary>
    internal ReadOnlySpan<byte> ReadVariantType()
    {
        ReadOnlySpan<byte> type = ReadSignatureBytes();
        return Signatures.IsSingle(type) ? type : throw new DBusReadException("a variant does not hold one value");
    }

    /// <summary>Skips a value.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="depth">In how many containers it lies.</param>
    internal void SkipValue(scoped ReadOnlySpan<byte> type, int depth)
    {
        int size = Signatures.FixedSize(type[0]);
        if (size != 0)
        {
            TakeAligned(size);
            return;
        }
        switch (type[0])
        {
            case (byte)'s' or (byte)'o':
                uint length = ReadUInt32();
                if (length >= Remaining)
                {
                    ThrowShort();
                }
                Take((int)length + 1);
                break;
            case (byte)'g':
                Take(ReadByte() + 1);
                break;
            case (byte)'v':
                CheckDepth(++depth);
                SkipValue(ReadVariantType(), depth);
                break;
            case (byte)'a':
                CheckDepth(++depth);
                SkipArray(type[1..], depth);
                break;
            default:
                CheckDepth(++depth);
                AlignStruct();
                SkipAll(type[1..^1], depth);
                break;
        }
    }

    /// <summary>Sees to it that what is left out for the sake of alignment is there and zero.</summary>
    internal void Align(int alignment)
    {
        int aligned = (_position + alignment - 1) & -alignment;
        if (aligned == _position)
        {
            return;
        }
        if (aligned > _data.Length)
        {
            ThrowShort();
        }
        if (_data[_position..aligned].ContainsAnyExcept((byte)0))
        {
            throw new DBusReadException("padding is not zero");
        }
        _position = aligned;
    }

    private static void CheckDepth(int depth)
    {
        if (depth > Signatures.MaxDepth)
        {
            throw new DBusReadException("values are nested more than 64 deep");
        }
    }

    [DoesNotReturn]
    private static void ThrowShort() => throw new DBusReadException("the message ends within a value");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > Remaining)
        {
            ThrowShort();
        }
        ReadOnlySpan<byte> bytes = _data.Slice(_position, length);
        _position += length;
        return bytes;
    }

    private ReadOnlySpan<byte> TakeAligned(int size)
    {
        Align(size);
        return Take(size);
    }

    private void SkipAll(scoped ReadOnlySpan<byte> types, int depth)
    {
        while (types.Length > 0)
        {
            int end = Signatures.End(types, 0);
            SkipValue(types[..end], depth);
            types = types[end..];
        }
    }

    private void SkipArray(scoped ReadOnlySpan<byte> element, int depth)
    {
        ArrayEnd end = ReadArrayStart((DBusType)element[0]);
        int size = Signatures.FixedSize(element[0]);
        if (size == 0)
        {
            while (HasNext(end))
            {
                SkipValue(element, depth);
            }
        }
        else if ((end.Position - _position) % size == 0)
        {
            _position = end.Position;
        }
        else
        {
            throw new DBusReadException("an array's last element is longer than the array");
        }
    }

    private VariantValue ReadVariant(int depth, ref int budget)
    {
        CheckDepth(depth);
        return ReadValue(ReadVariantType(), depth, ref budget);
    }

    private VariantValue ReadValue(scoped ReadOnlySpan<byte> type, int depth, ref int budget)
    {
        if (--budget < 0)
        {
            throw new DBusReadException($"a variant holds more than {MaxVariantValues} values");
        }
        switch ((DBusType)type[0])
        {
            case DBusType.Byte:
                return VariantValue.Byte(ReadByte());
            case DBusType.Bool:
                return VariantValue.Bool(ReadBool());
            case DBusType.Int16:
                return VariantValue.Int16(ReadInt16());
            case DBusType.UInt16:
                return VariantValue.UInt16(ReadUInt16());
            case DBusType.Int32:
                return VariantValue.Int32(ReadInt32());
            case DBusType.UInt32:
                return VariantValue.UInt32(ReadUInt32());
            case DBusType.UnixFd:
                return VariantValue.UnixFd(ReadUInt32());
            case DBusType.Int64:
                return VariantValue.Int64(ReadInt64());
            case DBusType.UInt64:
                return VariantValue.UInt64(ReadUInt64());
            case DBusType.Double:
                return VariantValue.Double(ReadDouble());
            case DBusType.String:
                return VariantValue.String(ReadString());
            case DBusType.ObjectPath:
                return VariantValue.ObjectPath(ReadObjectPath());
            case DBusType.Signature:
                return VariantValue.OfSignature(ReadSignature());
            case DBusType.Variant:
                return VariantValue.Variant(ReadVariant(depth + 1, ref budget));
            case DBusType.Array:
                CheckDepth(++depth);
                return type[1] == 'y'
                    ? VariantValue.ArrayOfByte(ReadArrayOfByte())
                    : ReadArray(type, depth, ref budget);
            default:
                CheckDepth(++depth);
                AlignStruct();
                List<VariantValue> fields = [];
                ReadAll(type[1..^1], depth, ref budget, fields);
                return VariantValue.Container(DBusType.Struct, Encoding.ASCII.GetString(type), [.. fields]);
        }
    }

    private VariantValue ReadArray(scoped ReadOnlySpan<byte> type, int depth, ref int budget)
    {
        ReadOnlySpan<byte> element = type[1..];
        bool isDictionary = element[0] == '{';
        if (isDictionary)
        {
            CheckDepth(depth + 1);
        }
        List<VariantValue> items = [];
        ArrayEnd end = ReadArrayStart((DBusType)element[0]);
        while (HasNext(end))
        {
            if (isDictionary)
            {
                AlignStruct();
                ReadAll(element[1..^1], depth + 1, ref budget, items);
            }
            else
            {
                items.Add(ReadValue(element, depth, ref budget));
            }
        }
        return VariantValue.Container(DBusType.Array, Encoding.ASCII.GetString(type), [.. items]);
    }

    private void ReadAll(scoped ReadOnlySpan<byte> types, int depth, ref int budget, List<VariantValue> values)
    {
        while (types.Length > 0)
        {
            int end = Signatures.End(types, 0);
            values.Add(ReadValue(types[..end], depth, ref budget));
            types = types[end..];
        }
    }
}
