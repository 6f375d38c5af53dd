using System.Diagnostics;

namespace Mandos.DBus;

/// <summary>
/// A value together with its type: what a variant holds. What the value is not, it does not give: the getters of another type
/// throw <see cref="DBusReadException"/>.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public readonly struct VariantValue
{
    /// <summary>Its type, <see cref="DBusType.Invalid"/> for <c>default</c>; a dictionary is an array.</summary>
    public DBusType Type => throw new NotImplementedException();

    /// <summary>The signature of its type.</summary>
    public string Signature => throw new NotImplementedException();

    /// <summary>How many elements an array has, entries a dictionary, or fields a structure; 0 for others.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>Whether it is an array of entries.</summary>
    public bool IsDictionary => throw new NotImplementedException();

    /// <summary>A value of type <c>Byte</c>.</summary>
    public static VariantValue Byte(byte value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Bool</c>.</summary>
    public static VariantValue Bool(bool value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Int16</c>.</summary>
    public static VariantValue Int16(short value) => throw new NotImplementedException();

    /// <summary>A value of type <c>UInt16</c>.</summary>
    public static VariantValue UInt16(ushort value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Int32</c>.</summary>
    public static VariantValue Int32(int value) => throw new NotImplementedException();

    /// <summary>A value of type <c>UInt32</c>.</summary>
    public static VariantValue UInt32(uint value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Int64</c>.</summary>
    public static VariantValue Int64(long value) => throw new NotImplementedException();

    /// <summary>A value of type <c>UInt64</c>.</summary>
    public static VariantValue UInt64(ulong value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Double</c>.</summary>
    public static VariantValue Double(double value) => throw new NotImplementedException();

    /// <summary>A value of type <c>String</c>.</summary>
    public static VariantValue String(string value) => throw new NotImplementedException();

    /// <summary>A value of type <c>ObjectPath</c>.</summary>
    public static VariantValue ObjectPath(string value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Signature</c>.</summary>
    public static VariantValue OfSignature(string value) => throw new NotImplementedException();

    /// <summary>A value of type <c>ay</c>; the array is not copied.</summary>
    public static VariantValue ArrayOfByte(byte[] value) => throw new NotImplementedException();

    /// <summary>A value of type <c>as</c>.</summary>
    public static VariantValue ArrayOfString(params ReadOnlySpan<string> values) => throw new NotImplementedException();

    /// <summary>An array, whose elements all have this signature; not for <c>y</c>.</summary>
    public static VariantValue Array(string elementSignature, params VariantValue[] items) => throw new NotImplementedException();

    /// <summary>A dictionary of keys of a basic type and values of a type, given in turn.</summary>
    public static VariantValue Dictionary(string keySignature, string valueSignature, params VariantValue[] keysAndValues)
        => throw new NotImplementedException();

    /// <summary>A structure of one or more fields.</summary>
    public static VariantValue Struct(params VariantValue[] fields) => throw new NotImplementedException();

    /// <summary>A variant in a variant.</summary>
    public static VariantValue Variant(VariantValue value) => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Byte</c>.</summary>
    public byte GetByte() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Bool</c>.</summary>
    public bool GetBool() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Int16</c>.</summary>
    public short GetInt16() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>UInt16</c>.</summary>
    public ushort GetUInt16() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Int32</c>.</summary>
    public int GetInt32() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>UInt32</c>.</summary>
    public uint GetUInt32() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Int64</c>.</summary>
    public long GetInt64() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>UInt64</c>.</summary>
    public ulong GetUInt64() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Double</c>.</summary>
    public double GetDouble() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>String</c>.</summary>
    public string GetString() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>ObjectPath</c>.</summary>
    public string GetObjectPath() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>Signature</c>.</summary>
    public string GetSignature() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>ay</c>; not a copy.</summary>
    public byte[] GetArrayOfByte() => throw new NotImplementedException();

    /// <summary>The value, if its type is <c>as</c>.</summary>
    public string[] GetArrayOfString() => throw new NotImplementedException();

    /// <summary>What the variant holds, if its type is <c>v</c>.</summary>
    public VariantValue GetVariantValue() => throw new NotImplementedException();

    /// <summary>An element of an array or a field of a structure.</summary>
    public VariantValue GetItem(int index) => throw new NotImplementedException();

    /// <summary>An entry of a dictionary.</summary>
    public KeyValuePair<VariantValue, VariantValue> GetDictionaryEntry(int index) => throw new NotImplementedException();

    /// <summary>The value for people; of bytes only how many they are.</summary>
    public override string ToString() => throw new NotImplementedException();
}
