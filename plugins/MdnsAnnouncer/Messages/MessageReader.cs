using System.Buffers.Binary;

namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>Reads what strangers send (RFC 1035 section 4, RFC 6762 section 18). What is about other names is skipped, at no cost of memory.</summary>
internal ref struct MessageReader
{
    /// <summary>More questions and records than that are in no message.</summary>
    public const int MaxEntries = 512;

    /// <summary>Of one message no more questions and records about our names are kept: there are few that we have.</summary>
    public const int MaxKept = 32;

    private const int HeaderLength = 12;

    /// <summary>A sender who compresses well needs one for each name.</summary>
    private const int MaxPointers = 16;

    private const ushort ResponseBit = 0x8000;
    private const ushort OpcodeAndResponseCode = 0x7800 | 0x000F;
    private const ushort TruncatedBit = 0x0200;
    private const ushort TopBit = 0x8000;
    private const ushort InternetClass = 1;
    private const ushort AnyClass = 255;

    private readonly ReadOnlySpan<byte> _message;
    private int _position;
    private int _kept;

    private MessageReader(ReadOnlySpan<byte> message)
    {
        _message = message;
        _position = HeaderLength;
    }

    /// <summary>Reads a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="names">The names that matter: only what is about them is in the result.</param>
    /// <returns>Null if it is damaged, exceeds a limit, or is neither a question nor an answer.</returns>
    public static DnsMessage? Read(ReadOnlySpan<byte> message, IReadOnlyList<DnsName> names)
    {
        if (message.Length is < HeaderLength or > DnsMessage.MaxLength)
        {
            return null;
        }

        ushort flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[4..]);
        int answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        int authorities = BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        int additionals = BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        if ((flags & OpcodeAndResponseCode) != 0 || questions + answers + authorities + additionals > MaxEntries)
        {
            return null;
        }

        var reader = new MessageReader(message);
        return reader.ReadQuestions(questions, names) is { } asked
            && reader.ReadRecords(answers, names) is { } answered
            && reader.ReadRecords(authorities, names) is { } authoritative
            && reader.ReadRecords(additionals, names) is { } additional
                ? new DnsMessage
                {
                    Id = BinaryPrimitives.ReadUInt16BigEndian(message),
                    IsResponse = (flags & ResponseBit) != 0,
                    IsTruncated = (flags & TruncatedBit) != 0,
                    QuestionCount = questions,
                    Questions = asked,
                    Answers = answered,
                    Authorities = authoritative,
                    Additionals = additional,
                }
                : null;
    }

    /// <summary>Reads a name, following the pointers of a compressed one.</summary>
    /// <param name="message">The message.</param>
    /// <param name="position">Where the name begins; then, where what follows it does.</param>
    /// <param name="name">Gets the name; <see cref="DnsName.MaxLength"/> bytes.</param>
    /// <returns>The length of the name; 0 if it is damaged or exceeds a limit.</returns>
    public static int ReadName(ReadOnlySpan<byte> message, ref int position, Span<byte> name)
    {
        int from = position, length = 0, pointers = 0;
        int earliest = position; // a pointer leads back, so that there is no circle
        while (from < message.Length)
        {
            int size = message[from];
            if (size >= 0xC0)
            {
                if (from + 1 >= message.Length || ++pointers > MaxPointers)
                {
                    return 0;
                }

                int target = ((size & 0x3F) << 8) | message[from + 1];
                if (pointers == 1)
                {
                    position = from + 2;
                }

                if (target >= earliest || target < HeaderLength)
                {
                    return 0;
                }

                (from, earliest) = (target, target);
                continue;
            }

            if (size > DnsName.MaxLabelLength || from + 1 + size > message.Length || length + 1 + size > DnsName.MaxLength)
            {
                return 0;
            }

            message.Slice(from, 1 + size).CopyTo(name[length..]);
            (from, length) = (from + 1 + size, length + 1 + size);
            if (size == 0)
            {
                if (pointers == 0)
                {
                    position = from;
                }

                return length;
            }
        }

        return 0;
    }

    private List<Question>? ReadQuestions(int count, IReadOnlyList<DnsName> names)
    {
        List<Question> questions = [];
        Span<byte> buffer = stackalloc byte[DnsName.MaxLength];
        for (int i = 0; i < count; i++)
        {
            int length = ReadName(_message, ref _position, buffer);
            if (length == 0 || _message.Length - _position < 4)
            {
                return null;
            }

            ReadOnlySpan<byte> name = buffer[..length];
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(_message[_position..]);
            ushort kind = BinaryPrimitives.ReadUInt16BigEndian(_message[(_position + 2)..]);
            _position += 4;
            if ((kind & ~TopBit) is InternetClass or AnyClass && Matter(name, names) && _kept++ < MaxKept)
            {
                questions.Add(new Question(DnsName.OfWire(name), (RecordType)type, (kind & TopBit) != 0));
            }
        }

        return questions;
    }

    private List<DnsRecord>? ReadRecords(int count, IReadOnlyList<DnsName> names)
    {
        const int FixedLength = 10;
        List<DnsRecord> records = [];
        Span<byte> buffer = stackalloc byte[DnsName.MaxLength];
        for (int i = 0; i < count; i++)
        {
            int length = ReadName(_message, ref _position, buffer);
            if (length == 0 || _message.Length - _position < FixedLength)
            {
                return null;
            }

            ReadOnlySpan<byte> name = buffer[..length];
            ReadOnlySpan<byte> head = _message.Slice(_position, FixedLength);
            var type = (RecordType)BinaryPrimitives.ReadUInt16BigEndian(head);
            ushort kind = BinaryPrimitives.ReadUInt16BigEndian(head[2..]);
            uint ttl = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
            int dataLength = BinaryPrimitives.ReadUInt16BigEndian(head[8..]);
            _position += FixedLength;
            if (_message.Length - _position < dataLength)
            {
                return null;
            }

            if ((kind & ~TopBit) == InternetClass && Matter(name, names) && _kept < MaxKept)
            {
                if (ReadData(type, dataLength) is not { } data)
                {
                    return null;
                }

                _kept++;
                records.Add(new DnsRecord(DnsName.OfWire(name), type, data, ttl, (kind & TopBit) != 0));
            }

            _position += dataLength;
        }

        return records;
    }

    /// <summary>Reads the data of a record, without compression.</summary>
    /// <returns>Null if it is damaged.</returns>
    private readonly byte[]? ReadData(RecordType type, int length)
    {
        ReadOnlySpan<byte> data = _message.Slice(_position, length);
        int before = type switch
        {
            RecordType.Ptr or RecordType.Nsec => 0,
            RecordType.Srv => DnsRecord.SrvHeaderLength,
            _ => -1,
        };
        if (before < 0)
        {
            return data.ToArray();
        }

        if (length < before)
        {
            return null;
        }

        Span<byte> name = stackalloc byte[DnsName.MaxLength];
        int position = _position + before;
        int nameLength = ReadName(_message, ref position, name);
        int rest = _position + length - position;
        bool isWhole = nameLength > 0 && (type == RecordType.Nsec ? rest >= 0 : rest == 0);
        return isWhole ? [.. data[..before], .. name[..nameLength], .. _message.Slice(position, rest)] : null;
    }

    private static bool Matter(ReadOnlySpan<byte> name, IReadOnlyList<DnsName> names)
    {
        foreach (DnsName one in names)
        {
            if (DnsName.AreEqual(name, one.Wire))
            {
                return true;
            }
        }

        return false;
    }
}
