namespace Mandos.DBus;

/// <summary>
/// Writes one message: first one header, then the body value by value as the header's signature says, then
/// <see cref="CreateMessage"/>. Copies of a writer write to the same message. Methods throw <see cref="DBusWriteException"/> for
/// what cannot be sent and <see cref="DBusMessageTooLargeException"/> once the message is larger than
/// <see cref="DBusConnectionOptions.MaxMessageSize"/>.
/// </summary>
public readonly ref struct MessageWriter
{
    /// <summary>How many bytes have been written, the header included.</summary>
    public int Length => throw new NotImplementedException();

    /// <summary>Header of a call.</summary>
    public void WriteMethodCallHeader(
        string? destination,
        string path,
        string? @interface,
        string member,
        string? signature = null,
        MessageFlags flags = default)
        => throw new NotImplementedException();

    /// <summary>Header of a reply.</summary>
    public void WriteMethodReturnHeader(uint replySerial, string? destination, string? signature = null)
        => throw new NotImplementedException();

    /// <summary>A whole error reply.</summary>
    public void WriteError(uint replySerial, string? destination, string errorName, string? errorMessage)
        => throw new NotImplementedException();

    /// <summary>Header of a signal; to all who want it if there is no destination.</summary>
    public void WriteSignalHeader(string? destination, string path, string @interface, string member, string? signature = null)
        => throw new NotImplementedException();

    /// <summary>A value of type <c>Byte</c>.</summary>
    public void WriteByte(byte value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Bool</c>.</summary>
    public void WriteBool(bool value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Int16</c>.</summary>
    public void WriteInt16(short value) => throw new NotImplementedException();

    /// <summary>A value of type <c>UInt16</c>.</summary>
    public void WriteUInt16(ushort value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Int32</c>.</summary>
    public void WriteInt32(int value) => throw new NotImplementedException();

    /// <summary>A value of type <c>UInt32</c>.</summary>
    public void WriteUInt32(uint value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Int64</c>.</summary>
    public void WriteInt64(long value) => throw new NotImplementedException();

    /// <summary>A value of type <c>UInt64</c>.</summary>
    public void WriteUInt64(ulong value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Double</c>.</summary>
    public void WriteDouble(double value) => throw new NotImplementedException();

    /// <summary>A value of type <c>String</c>.</summary>
    public void WriteString(string value) => throw new NotImplementedException();

    /// <summary>A value of type <c>ObjectPath</c>.</summary>
    public void WriteObjectPath(string value) => throw new NotImplementedException();

    /// <summary>A value of type <c>Signature</c>.</summary>
    public void WriteSignature(string value) => throw new NotImplementedException();

    /// <summary>A value of type <c>s</c> that is UTF-8 already; for constants.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8) => throw new NotImplementedException();

    /// <summary>A value of type <c>ay</c>.</summary>
    public void WriteArrayOfByte(ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>A value of type <c>as</c>.</summary>
    public void WriteArrayOfString(ReadOnlySpan<string> value) => throw new NotImplementedException();

    /// <summary>Begins an array; then write its elements, then <see cref="WriteArrayEnd"/>.</summary>
    public ArrayStart WriteArrayStart(DBusType elementType) => throw new NotImplementedException();

    /// <summary>Ends an array.</summary>
    public void WriteArrayEnd(ArrayStart start) => throw new NotImplementedException();

    /// <summary>Begins a dictionary; its entries begin with <see cref="WriteDictionaryEntryStart"/>.</summary>
    public ArrayStart WriteDictionaryStart() => throw new NotImplementedException();

    /// <summary>Ends a dictionary.</summary>
    public void WriteDictionaryEnd(ArrayStart start) => throw new NotImplementedException();

    /// <summary>Begins an entry: write key and value next; an entry has no end.</summary>
    public void WriteDictionaryEntryStart() => throw new NotImplementedException();

    /// <summary>Begins a structure: write its fields next; a structure has no end.</summary>
    public void WriteStructureStart() => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Byte</c>.</summary>
    public void WriteVariantByte(byte value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Bool</c>.</summary>
    public void WriteVariantBool(bool value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Int16</c>.</summary>
    public void WriteVariantInt16(short value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>UInt16</c>.</summary>
    public void WriteVariantUInt16(ushort value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Int32</c>.</summary>
    public void WriteVariantInt32(int value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>UInt32</c>.</summary>
    public void WriteVariantUInt32(uint value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Int64</c>.</summary>
    public void WriteVariantInt64(long value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>UInt64</c>.</summary>
    public void WriteVariantUInt64(ulong value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Double</c>.</summary>
    public void WriteVariantDouble(double value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>String</c>.</summary>
    public void WriteVariantString(string value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>ObjectPath</c>.</summary>
    public void WriteVariantObjectPath(string value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of type <c>Signature</c>.</summary>
    public void WriteVariantSignature(string value) => throw new NotImplementedException();

    /// <summary>A variant that holds a value of any type.</summary>
    public void WriteVariant(VariantValue value) => throw new NotImplementedException();

    /// <summary>The finished message; the writer is of no use any more.</summary>
    public MessageBuffer CreateMessage() => throw new NotImplementedException();

    /// <summary>Gives the memory back, unless <see cref="CreateMessage"/> gave it to the message.</summary>
    public void Dispose()
    {
    }
}
