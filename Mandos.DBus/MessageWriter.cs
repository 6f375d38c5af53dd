using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>
/// Writes one message: first one header, then the body value by value as the header's signature says, then
/// <see cref="CreateMessage"/>. Copies of a writer write to the same message. Methods throw <see cref="DBusWriteException"/> for
/// what cannot be sent and <see cref="DBusMessageTooLargeException"/> once the message is larger than
/// <see cref="DBusConnectionOptions.MaxMessageSize"/>.
/// </summary>
public readonly ref partial struct MessageWriter
{
    private readonly MessageBuffer _buffer;

    internal MessageWriter(int maxSize) => _buffer = new(maxSize);

    /// <summary>How many bytes have been written, the header included.</summary>
    public int Length => _buffer.Length;

    /// <summary>A value of type <c>y</c>.</summary>
    public void WriteByte(byte value)
    {
        _buffer.Expect((byte)'y');
        _buffer.AppendByte(value);
    }

    /// <summary>A value of type <c>b</c>.</summary>
    public void WriteBool(bool value)
    {
        _buffer.Expect((byte)'b');
        _buffer.AppendUInt32(value ? 1u : 0);
    }

    /// <summary>A value of type <c>n</c>.</summary>
    public void WriteInt16(short value)
    {
        _buffer.Expect((byte)'n');
        _buffer.AppendUInt16((ushort)value);
    }

    /// <summary>A value of type <c>q</c>.</summary>
    public void WriteUInt16(ushort value)
    {
        _buffer.Expect((byte)'q');
        _buffer.AppendUInt16(value);
    }

    /// <summary>A value of type <c>i</c>.</summary>
    public void WriteInt32(int value)
    {
        _buffer.Expect((byte)'i');
        _buffer.AppendUInt32((uint)value);
    }

    /// <summary>A value of type <c>u</c>.</summary>
    public void WriteUInt32(uint value)
    {
        _buffer.Expect((byte)'u');
        _buffer.AppendUInt32(value);
    }

    /// <summary>A value of type <c>x</c>.</summary>
    public void WriteInt64(long value)
    {
        _buffer.Expect((byte)'x');
        _buffer.AppendUInt64((ulong)value);
    }

    /// <summary>A value of type <c>t</c>.</summary>
    public void WriteUInt64(ulong value)
    {
        _buffer.Expect((byte)'t');
        _buffer.AppendUInt64(value);
    }

    /// <summary>A value of type <c>d</c>.</summary>
    public void WriteDouble(double value)
    {
        _buffer.Expect((byte)'d');
        _buffer.AppendUInt64(BitConverter.DoubleToUInt64Bits(value));
    }

    /// <summary>A value of type <c>s</c>.</summary>
    public void WriteString(string value)
    {
        _buffer.Expect((byte)'s');
        _buffer.AppendString(value);
    }

    /// <summary>A value of type <c>o</c>.</summary>
    public void WriteObjectPath(string value)
    {
        _buffer.Expect((byte)'o');
        AppendPath(value);
    }

    /// <summary>A value of type <c>g</c>.</summary>
    public void WriteSignature(string value)
    {
        _buffer.Expect((byte)'g');
        _buffer.AppendSignature(value);
    }

    /// <summary>A value of type <c>s</c> that is UTF-8 already; for constants.</summary>
    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        _buffer.Expect((byte)'s');
        _buffer.AppendString(utf8);
    }

    /// <summary>A value of type <c>ay</c>.</summary>
    public void WriteArrayOfByte(ReadOnlySpan<byte> value)
    {
        ArrayStart start = WriteArrayStart(DBusType.Byte);
        AppendByteElements(value);
        if (value.Length > 0)
        {
            _buffer.Expect((byte)'y');
        }
        WriteArrayEnd(start);
    }

    /// <summary>A value of type <c>as</c>.</summary>
    public void WriteArrayOfString(ReadOnlySpan<string> value)
    {
        ArrayStart start = WriteArrayStart(DBusType.String);
        foreach (string item in value)
        {
            WriteString(item);
        }
        WriteArrayEnd(start);
    }

    /// <summary>Begins an array; then write its elements, then <see cref="WriteArrayEnd"/>.</summary>
    public ArrayStart WriteArrayStart(DBusType elementType)
    {
        _buffer.Expect((byte)'a');
        return _buffer.BeginArray((byte)elementType);
    }

    /// <summary>Ends an array.</summary>
    public void WriteArrayEnd(ArrayStart start) => _buffer.EndArray(start);

    /// <summary>Begins a dictionary; its entries begin with <see cref="WriteDictionaryEntryStart"/>.</summary>
    public ArrayStart WriteDictionaryStart() => WriteArrayStart(DBusType.DictEntry);

    /// <summary>Ends a dictionary.</summary>
    public void WriteDictionaryEnd(ArrayStart start) => WriteArrayEnd(start);

    /// <summary>Begins an entry: write key and value next; an entry has no end.</summary>
    public void WriteDictionaryEntryStart()
    {
        _buffer.Expect((byte)'{');
        _buffer.Align(8);
    }

    /// <summary>Begins a structure: write its fields next; a structure has no end.</summary>
    public void WriteStructureStart()
    {
        _buffer.Expect((byte)'(');
        _buffer.Align(8);
    }

    /// <summary>The finished message; the writer is of no use any more.</summary>
    /// <exception cref="DBusWriteException">The header is missing, or values that its signature announces.</exception>
    public MessageBuffer CreateMessage()
    {
        if (_buffer.Length == 0 || _buffer.IsFinished)
        {
            throw new InvalidOperationException("Nothing has been written, or the message has been created.");
        }
        _buffer.FinishMessage();
        return _buffer;
    }

    /// <summary>Gives the memory back, unless <see cref="CreateMessage"/> gave it to the message.</summary>
    public void Dispose()
    {
        if (!_buffer.IsFinished)
        {
            _buffer.Dispose();
        }
    }

    private void AppendPath(string value)
    {
        if (!Names.IsPath(_buffer.AppendString(value)))
        {
            throw new DBusWriteException("an object path is not valid");
        }
    }

    private void AppendByteElements(ReadOnlySpan<byte> value)
    {
        if (value.Length > Limits.Array)
        {
            throw new DBusMessageTooLargeException("an array would be longer than 64 MiB");
        }
        _buffer.AppendBytes(value);
    }
}
