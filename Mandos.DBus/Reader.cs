namespace Mandos.DBus;

/// <summary>
/// Reads a message's body value by value, in the order of <see cref="Message.Signature"/>, which the caller knows. What is not
/// as the specification wants it, or ends too early, throws <see cref="DBusReadException"/>.
/// </summary>
public ref struct Reader
{
    /// <summary>The next value, of type <c>Byte</c>.</summary>
    public byte ReadByte() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>Bool</c>.</summary>
    public bool ReadBool() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>Int16</c>.</summary>
    public short ReadInt16() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>UInt16</c>.</summary>
    public ushort ReadUInt16() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>Int32</c>.</summary>
    public int ReadInt32() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>UInt32</c>.</summary>
    public uint ReadUInt32() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>Int64</c>.</summary>
    public long ReadInt64() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>UInt64</c>.</summary>
    public ulong ReadUInt64() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>Double</c>.</summary>
    public double ReadDouble() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>String</c>.</summary>
    public string ReadString() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>ObjectPath</c>.</summary>
    public string ReadObjectPath() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>Signature</c>.</summary>
    public string ReadSignature() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>ay</c>; a copy that belongs to the caller.</summary>
    public byte[] ReadArrayOfByte() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>as</c>.</summary>
    public string[] ReadArrayOfString() => throw new NotImplementedException();

    /// <summary>The next value, of type <c>v</c>: what the variant holds, of any type.</summary>
    public VariantValue ReadVariantValue() => throw new NotImplementedException();

    /// <summary>Begins an array; then read its elements while <see cref="HasNext"/>.</summary>
    public ArrayEnd ReadArrayStart(DBusType elementType) => throw new NotImplementedException();

    /// <summary>Begins a dictionary; then, while <see cref="HasNext"/>, <see cref="AlignStruct"/> and read key and value.</summary>
    public ArrayEnd ReadDictionaryStart() => throw new NotImplementedException();

    /// <summary>Whether the array goes on.</summary>
    public bool HasNext(ArrayEnd end) => throw new NotImplementedException();

    /// <summary>Begins a structure or a dictionary's entry; neither has an end to be read.</summary>
    public void AlignStruct() => throw new NotImplementedException();

    /// <summary>Skips the values of a signature.</summary>
    public void Skip(string signature) => throw new NotImplementedException();
}
