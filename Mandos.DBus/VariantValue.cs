using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>
/// A value together with its type: what a variant holds. What the value is not, it does not give: the getters of another type
/// throw <see cref="DBusReadException"/>.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct VariantValue
{
    /// <summary>Numbers.</summary>
    private readonly long _bits;

    /// <summary>A string, a <c>byte[]</c>, a <see cref="Contents"/>, or a boxed value of this type for a variant.</summary>
    private readonly object? _reference;

    private VariantValue(DBusType type, long bits = 0, object? reference = null)
    {
        Type = type;
        _bits = bits;
        _reference = reference;
    }

    /// <summary>Its type, <see cref="DBusType.Invalid"/> for <c>default</c>; a dictionary is an array.</summary>
    public DBusType Type { get; }

    /// <summary>The signature of its type; empty for <c>default</c>.</summary>
    public string Signature => _reference switch
    {
        Contents contents => contents.Signature,
        byte[] => "ay",
        _ => Letter(Type),
    };

    /// <summary>How many elements an array has, entries a dictionary, or fields a structure; 0 for others.</summary>
    public int Count => _reference switch
    {
        Contents contents => IsDictionary ? contents.Items.Length / 2 : contents.Items.Length,
        byte[] bytes => bytes.Length,
        _ => 0,
    };

    /// <summary>Whether it is an array of entries.</summary>
    public bool IsDictionary => Type == DBusType.Array && _reference is Contents { Signature: [_, '{', ..] };

    /// <summary>The elements of a container in the order of the wire; of a dictionary, keys and values in turn.</summary>
    internal ReadOnlySpan<VariantValue> Items => _reference is Contents contents ? contents.Items : [];

    /// <summary>A value of type <c>s</c>.</summary>
    public static implicit operator VariantValue(string value) => String(value);

    /// <summary>A value of type <c>b</c>.</summary>
    public static implicit operator VariantValue(bool value) => Bool(value);

    /// <summary>A value of type <c>y</c>.</summary>
    public static VariantValue Byte(byte value) => new(DBusType.Byte, value);

    /// <summary>A value of type <c>b</c>.</summary>
    public static VariantValue Bool(bool value) => new(DBusType.Bool, value ? 1 : 0);

    /// <summary>A value of type <c>n</c>.</summary>
    public static VariantValue Int16(short value) => new(DBusType.Int16, value);

    /// <summary>A value of type <c>q</c>.</summary>
    public static VariantValue UInt16(ushort value) => new(DBusType.UInt16, value);

    /// <summary>A value of type <c>i</c>.</summary>
    public static VariantValue Int32(int value) => new(DBusType.Int32, value);

    /// <summary>A value of type <c>u</c>.</summary>
    public static VariantValue UInt32(uint value) => new(DBusType.UInt32, value);

    /// <summary>A value of type <c>x</c>.</summary>
    public static VariantValue Int64(long value) => new(DBusType.Int64, value);

    /// <summary>A value of type <c>t</c>.</summary>
    public static VariantValue UInt64(ulong value) => new(DBusType.UInt64, (long)value);

    /// <summary>A value of type <c>d</c>.</summary>
    public static VariantValue Double(double value) => new(DBusType.Double, BitConverter.DoubleToInt64Bits(value));

    /// <summary>A value of type <c>s</c>.</summary>
    public static VariantValue String(string value) => new(DBusType.String, 0, NotNull(value));

    /// <summary>A value of type <c>o</c>; whether the path is valid is seen when it is written.</summary>
    public static VariantValue ObjectPath(string value) => new(DBusType.ObjectPath, 0, NotNull(value));

    /// <summary>A value of type <c>g</c>; whether the signature is valid is seen when it is written.</summary>
    public static VariantValue OfSignature(string value) => new(DBusType.Signature, 0, NotNull(value));

    /// <summary>A value of type <c>ay</c>; the array is not copied.</summary>
    public static VariantValue ArrayOfByte(byte[] value) => new(DBusType.Array, 0, NotNull(value));

    /// <summary>A value of type <c>as</c>.</summary>
    public static VariantValue ArrayOfString(params ReadOnlySpan<string> values)
    {
        VariantValue[] items = new VariantValue[values.Length];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = String(values[i]);
        }
        return Container(DBusType.Array, "as", items);
    }

    /// <summary>An array, whose elements all have this signature; <c>ay</c> is <see cref="ArrayOfByte"/>.</summary>
    /// <exception cref="DBusWriteException">An element has another, or it is not that of one type.</exception>
    public static VariantValue Array(string elementSignature, params VariantValue[] items)
    {
        CheckAll(items, elementSignature);
        string signature = CheckType("a" + elementSignature);
        return signature == "ay"
            ? ArrayOfByte(System.Array.ConvertAll(items, item => item.GetByte()))
            : Container(DBusType.Array, signature, items);
    }

    /// <summary>A dictionary of keys of a basic type and values of a type, given in turn.</summary>
    /// <exception cref="DBusWriteException">A key or value has another, or it is not that of one type.</exception>
    public static VariantValue Dictionary(string keySignature, string valueSignature, params VariantValue[] keysAndValues)
    {
        CheckAll(keysAndValues, keySignature, valueSignature);
        return Container(DBusType.Array, CheckType($"a{{{keySignature}{valueSignature}}}"), keysAndValues);
    }

    /// <summary>A structure of one or more fields.</summary>
    /// <exception cref="DBusWriteException">Their signature together is not valid.</exception>
    public static VariantValue Struct(params VariantValue[] fields)
        => Container(DBusType.Struct, CheckType($"({string.Concat(fields.Select(field => field.Signature))})"), fields);

    /// <summary>A variant in a variant.</summary>
    public static VariantValue Variant(VariantValue value) => new(DBusType.Variant, 0, value);

    /// <summary>The value, if its type is <c>y</c>.</summary>
    public byte GetByte() => (byte)Bits(DBusType.Byte);

    /// <summary>The value, if its type is <c>b</c>.</summary>
    public bool GetBool() => Bits(DBusType.Bool) != 0;

    /// <summary>The value, if its type is <c>n</c>.</summary>
    public short GetInt16() => (short)Bits(DBusType.Int16);

    /// <summary>The value, if its type is <c>q</c>.</summary>
    public ushort GetUInt16() => (ushort)Bits(DBusType.UInt16);

    /// <summary>The value, if its type is <c>i</c>.</summary>
    public int GetInt32() => (int)Bits(DBusType.Int32);

    /// <summary>The value, if its type is <c>u</c>.</summary>
    public uint GetUInt32() => (uint)Bits(DBusType.UInt32);

    /// <summary>The value, if its type is <c>x</c>.</summary>
    public long GetInt64() => Bits(DBusType.Int64);

    /// <summary>The value, if its type is <c>t</c>.</summary>
    public ulong GetUInt64() => (ulong)Bits(DBusType.UInt64);

    /// <summary>The value, if its type is <c>d</c>.</summary>
    public double GetDouble() => BitConverter.Int64BitsToDouble(Bits(DBusType.Double));

    /// <summary>The value, if its type is <c>s</c>.</summary>
    public string GetString() => (string)Reference(DBusType.String);

    /// <summary>The value, if its type is <c>o</c>.</summary>
    public string GetObjectPath() => (string)Reference(DBusType.ObjectPath);

    /// <summary>The value, if its type is <c>g</c>.</summary>
    public string GetSignature() => (string)Reference(DBusType.Signature);

    /// <summary>The value, if its type is <c>ay</c>; not a copy.</summary>
    public byte[] GetArrayOfByte() => _reference as byte[] ?? throw Wrong("ay");

    /// <summary>The value, if its type is <c>as</c>.</summary>
    public string[] GetArrayOfString()
        => _reference is Contents { Signature: "as", Items: VariantValue[] items }
            ? System.Array.ConvertAll(items, item => item.GetString())
            : throw Wrong("as");

    /// <summary>What the variant holds, if its type is <c>v</c>.</summary>
    public VariantValue GetVariantValue() => (VariantValue)Reference(DBusType.Variant);

    /// <summary>An element of an array or a field of a structure.</summary>
    public VariantValue GetItem(int index) => _reference switch
    {
        byte[] bytes => Byte(bytes[index]),
        Contents contents when !IsDictionary => contents.Items[index],
        _ => throw Wrong("a or ("),
    };

    /// <summary>An entry of a dictionary.</summary>
    public KeyValuePair<VariantValue, VariantValue> GetDictionaryEntry(int index)
        => IsDictionary ? new(Items[2 * index], Items[(2 * index) + 1]) : throw Wrong("a{");

    /// <summary>The value for people; of bytes only how many they are, for they may be a secret.</summary>
    public override string ToString() => Type switch
    {
        DBusType.Invalid => "",
        DBusType.Bool => _bits != 0 ? "true" : "false",
        DBusType.UInt64 => ((ulong)_bits).ToString(CultureInfo.InvariantCulture),
        DBusType.Double => GetDouble().ToString(CultureInfo.InvariantCulture),
        DBusType.Variant => $"<{GetVariantValue()}>",
        DBusType.Array or DBusType.Struct => ContainerText(),
        _ => _reference as string ?? _bits.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>An index of a file descriptor, as the wire may bring it; it is of no use here.</summary>
    internal static VariantValue UnixFd(uint value) => new(DBusType.UnixFd, value);

    /// <summary>An array or structure whose items fit its signature.</summary>
    internal static VariantValue Container(DBusType type, string signature, VariantValue[] items)
        => new(type, 0, new Contents(signature, items));

    /// <summary>The bits of a number.</summary>
    internal long GetBits() => _bits;

    private static T NotNull<T>(T value)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }

    /// <summary>A type's letter as a string that need not be made anew.</summary>
    private static string Letter(DBusType type) => type switch
    {
        DBusType.Invalid => "",
        DBusType.Byte => "y",
        DBusType.Bool => "b",
        DBusType.Int16 => "n",
        DBusType.UInt16 => "q",
        DBusType.Int32 => "i",
        DBusType.UInt32 => "u",
        DBusType.Int64 => "x",
        DBusType.UInt64 => "t",
        DBusType.Double => "d",
        DBusType.String => "s",
        DBusType.ObjectPath => "o",
        DBusType.Signature => "g",
        DBusType.UnixFd => "h",
        _ => "v",
    };

    private static string CheckType(string signature)
    {
        Span<byte> buffer = stackalloc byte[Signatures.MaxLength];
        return Signatures.TryGetBytes(signature, buffer, out ReadOnlySpan<byte> bytes) && Signatures.IsSingle(bytes)
            ? signature
            : throw new DBusWriteException("not the signature of one type");
    }

    private static void CheckAll(VariantValue[] items, params ReadOnlySpan<string> signatures)
    {
        if (items.Length % signatures.Length != 0)
        {
            throw new DBusWriteException("a dictionary needs as many values as keys");
        }
        for (int i = 0; i < items.Length; i++)
        {
            string expected = signatures[i % signatures.Length];
            if (items[i].Signature != expected)
            {
                throw new DBusWriteException($"an item's type is \"{items[i].Signature}\", not \"{expected}\"");
            }
        }
    }

    private long Bits(DBusType type) => Type == type ? _bits : throw Wrong(Letter(type));

    private object Reference(DBusType type) => Type == type ? _reference! : throw Wrong(Letter(type));

    private DBusReadException Wrong(string wanted) => new($"the value's type is \"{Signature}\", not \"{wanted}\"");

    private string ContainerText()
    {
        if (_reference is byte[] bytes)
        {
            return $"({bytes.Length} bytes)";
        }
        (char open, char close) = Type == DBusType.Struct ? ('(', ')') : IsDictionary ? ('{', '}') : ('[', ']');
        StringBuilder text = new();
        text.Append(open);
        ReadOnlySpan<VariantValue> items = Items;
        for (int i = 0; i < items.Length; i++)
        {
            text.Append(i == 0 ? "" : IsDictionary && i % 2 == 1 ? ": " : ", ").Append(items[i].ToString());
        }
        return text.Append(close).ToString();
    }

    private sealed record Contents(string Signature, VariantValue[] Items);
}
