using System.Buffers.Binary;

namespace Mandos.DBus.Wire;

/// <summary>
/// The header of a received message (D-Bus specification, "Message Format"): byte order, type, flags, protocol version, the
/// body's length, serial, then the array of fields with its length, then padding to a multiple of 8, then the body.
/// </summary>
internal static class MessageHeader
{
    public const byte ProtocolVersion = 1;

    /// <summary>What every header has before its fields, in bytes.</summary>
    public const int FixedSize = 16;

    public const int BodyLengthPosition = 4;
    public const int SerialPosition = 8;
    public const int FieldsLengthPosition = 12;

    private const string LocalPath = "/org/freedesktop/DBus/Local";
    private const string LocalInterface = "org.freedesktop.DBus.Local";

    /// <summary>The size of the whole message whose header begins the data.</summary>
    /// <param name="data">At least <see cref="FixedSize"/> bytes.</param>
    /// <exception cref="DBusReadException">It is no header, or the message is larger than the specification allows.</exception>
    public static int GetMessageSize(ReadOnlySpan<byte> data)
    {
        bool isBigEndian = IsBigEndian(data);
        if (data[3] != ProtocolVersion)
        {
            throw new DBusReadException("a message is of another version of the protocol");
        }
        uint fields = ReadUInt32(data[FieldsLengthPosition..], isBigEndian);
        uint body = ReadUInt32(data[BodyLengthPosition..], isBigEndian);
        long size = BodyPosition(fields) + body;
        return fields <= Limits.Array && size <= Limits.Message
            ? (int)size
            : throw new DBusReadException("a message is larger than the specification allows");
    }

    /// <summary>Reads a whole message.</summary>
    /// <param name="data">Where it is.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="size">What <see cref="GetMessageSize"/> said.</param>
    /// <param name="names">Names that have been read before.</param>
    /// <exception cref="DBusReadException">The header is not valid.</exception>
    public static Message Read(byte[] data, int offset, int size, NameCache names)
    {
        ReadOnlySpan<byte> span = data.AsSpan(offset, size);
        bool isBigEndian = IsBigEndian(span);
        int bodyPosition = (int)BodyPosition(ReadUInt32(span[FieldsLengthPosition..], isBigEndian));
        Message message = new(data, offset + bodyPosition, size - bodyPosition)
        {
            IsBigEndian = isBigEndian,
            MessageType = (MessageType)span[1],
            Flags = (MessageFlags)span[2],
            Serial = ReadUInt32(span[SerialPosition..], isBigEndian),
        };
        if (message.Serial == 0 || message.MessageType == MessageType.Invalid)
        {
            throw new DBusReadException("a message has no serial or no type");
        }
        ReadFields(new Reader(span[..bodyPosition], isBigEndian, FieldsLengthPosition), message, names);
        Check(message, size - bodyPosition);
        return message;
    }

    private static void ReadFields(Reader reader, Message message, NameCache names)
    {
        int seen = 0;
        ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            byte code = reader.ReadByte();
            ReadOnlySpan<byte> type = reader.ReadVariantType();
            if (code is 0 or > (byte)HeaderField.UnixFds)
            {
                if (code == 0)
                {
                    throw new DBusReadException("a header has the field 0");
                }
                reader.SkipValue(type, 3);
                continue;
            }
            HeaderField field = (HeaderField)code;
            if (type.Length != 1 || type[0] != TypeOf(field) || (seen & (1 << code)) != 0)
            {
                throw new DBusReadException($"a header has the field {field} twice, or of another type");
            }
            seen |= 1 << code;
            switch (field)
            {
                case HeaderField.Path:
                    message.Path = names.Get(field, reader.ReadStringBytes());
                    break;
                case HeaderField.Interface:
                    message.Interface = names.Get(field, reader.ReadStringBytes());
                    break;
                case HeaderField.Member:
                    message.Member = names.Get(field, reader.ReadStringBytes());
                    break;
                case HeaderField.ErrorName:
                    message.ErrorName = names.Get(field, reader.ReadStringBytes());
                    break;
                case HeaderField.Destination:
                    message.Destination = names.Get(field, reader.ReadStringBytes());
                    break;
                case HeaderField.Sender:
                    message.Sender = names.Get(field, reader.ReadStringBytes());
                    break;
                case HeaderField.Signature:
                    message.Signature = names.Get(field, reader.ReadSignatureBytes());
                    break;
                case HeaderField.ReplySerial:
                    message.ReplySerial = reader.ReadUInt32();
                    break;
                default:
                    if (reader.ReadUInt32() != 0)
                    {
                        throw new DBusReadException("a message brings file descriptors, which were not asked for");
                    }
                    break;
            }
        }
        reader.Align(8);
    }

    private static void Check(Message message, int bodyLength)
    {
        bool isComplete = message.MessageType switch
        {
            MessageType.MethodCall => message.Path != null && message.Member != null,
            MessageType.MethodReturn => message.ReplySerial != null,
            MessageType.Error => message.ReplySerial != null && message.ErrorName != null,
            MessageType.Signal => message.Path != null && message.Interface != null && message.Member != null,
            _ => true,
        };
        if (!isComplete || message.ReplySerial == 0)
        {
            throw new DBusReadException("a header lacks a field that its type of message needs");
        }
        if (bodyLength != 0 && message.Signature.Length == 0)
        {
            throw new DBusReadException("a message has a body but no signature");
        }
        if (message.Path == LocalPath || message.Interface == LocalInterface)
        {
            throw new DBusReadException("a message bears a name that is for libraries' own use");
        }
    }

    private static byte TypeOf(HeaderField field) => field switch
    {
        HeaderField.Path => (byte)'o',
        HeaderField.Signature => (byte)'g',
        HeaderField.ReplySerial or HeaderField.UnixFds => (byte)'u',
        _ => (byte)'s',
    };

    private static bool IsBigEndian(ReadOnlySpan<byte> data) => data[0] switch
    {
        (byte)'l' => false,
        (byte)'B' => true,
        _ => throw new DBusReadException("a message has no byte order"),
    };

    private static long BodyPosition(uint fieldsLength) => (FixedSize + (long)fieldsLength + 7) & -8;

    private static uint ReadUInt32(ReadOnlySpan<byte> data, bool isBigEndian)
        => isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(data) : BinaryPrimitives.ReadUInt32LittleEndian(data);
}
