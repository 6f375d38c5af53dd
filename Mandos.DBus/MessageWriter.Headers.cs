using Mandos.DBus.Wire;

namespace Mandos.DBus;

public readonly ref partial struct MessageWriter
{
    private delegate bool NameCheck(ReadOnlySpan<byte> name);

    /// <summary>Header of a call.</summary>
    public void WriteMethodCallHeader(
        string? destination,
        string path,
        string? @interface,
        string member,
        string? signature = null,
        MessageFlags flags = default)
    {
        BeginHeader(MessageType.MethodCall, flags);
        AppendName(HeaderField.Path, path, Names.IsPath);
        AppendName(HeaderField.Interface, @interface, Names.IsInterface);
        AppendName(HeaderField.Member, member, Names.IsMember);
        EndHeader(destination, signature);
        _buffer.Destination = destination;
    }

    /// <summary>Header of a reply.</summary>
    public void WriteMethodReturnHeader(uint replySerial, string? destination, string? signature = null)
    {
        BeginHeader(MessageType.MethodReturn, MessageFlags.NoReplyExpected);
        AppendReplySerial(replySerial);
        EndHeader(destination, signature);
    }

    /// <summary>A whole error reply.</summary>
    public void WriteError(uint replySerial, string? destination, string errorName, string? errorMessage)
    {
        BeginHeader(MessageType.Error, MessageFlags.NoReplyExpected);
        AppendReplySerial(replySerial);
        AppendName(HeaderField.ErrorName, errorName, Names.IsInterface);
        EndHeader(destination, errorMessage == null ? null : "s");
        if (errorMessage != null)
        {
            WriteString(errorMessage);
        }
    }

    /// <summary>Header of a signal; to all who want it if there is no destination.</summary>
    public void WriteSignalHeader(string? destination, string path, string @interface, string member, string? signature = null)
    {
        BeginHeader(MessageType.Signal, MessageFlags.NoReplyExpected);
        AppendName(HeaderField.Path, path, Names.IsPath);
        AppendName(HeaderField.Interface, @interface, Names.IsInterface);
        AppendName(HeaderField.Member, member, Names.IsMember);
        EndHeader(destination, signature);
    }

    private void BeginHeader(MessageType type, MessageFlags flags)
    {
        if (_buffer.Length != 0 || _buffer.IsFinished)
        {
            throw new InvalidOperationException("The message has a header already.");
        }
        Span<byte> start = _buffer.Append(MessageHeader.FixedSize);
        start.Clear();
        start[0] = (byte)'l';
        start[1] = (byte)type;
        start[2] = (byte)flags;
        start[3] = MessageHeader.ProtocolVersion;
    }

    private void AppendField(HeaderField field, byte type)
    {
        _buffer.Align(8);
        Span<byte> start = _buffer.Append(4);
        start[0] = (byte)field;
        start[1] = 1;
        start[2] = type;
        start[3] = 0;
    }

    private void AppendName(HeaderField field, string? name, NameCheck isValid)
    {
        if (name == null)
        {
            return;
        }
        AppendField(field, field == HeaderField.Path ? (byte)'o' : (byte)'s');
        if (!isValid(_buffer.AppendString(name)))
        {
            throw new DBusWriteException($"the header's {field} is not a valid one");
        }
    }

    private void AppendReplySerial(uint serial)
    {
        AppendField(HeaderField.ReplySerial, (byte)'u');
        _buffer.AppendUInt32(serial);
    }

    private void EndHeader(string? destination, string? signature)
    {
        AppendName(HeaderField.Destination, destination, Names.IsBusName);
        if (!string.IsNullOrEmpty(signature))
        {
            AppendField(HeaderField.Signature, (byte)'g');
            int start = _buffer.AppendSignature(signature);
            _buffer.SetSignature(start, _buffer.Length - 1);
        }
        _buffer.WriteUInt32At(MessageHeader.FieldsLengthPosition, (uint)(_buffer.Length - MessageHeader.FixedSize));
        _buffer.Align(8);
        _buffer.BeginBody();
    }
}
