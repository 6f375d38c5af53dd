using System.Buffers.Binary;

namespace Mandos.MdnsAnnouncer.Messages;

/// <summary>Writes messages, and compresses names.</summary>
internal sealed class MessageWriter
{
    private const ushort Authoritative = 0x8400;
    private const ushort InternetClass = 1;
    private const ushort TopBit = 0x8000;
    private const int LastPointer = 0x3FFF;

    private readonly byte[] _message = new byte[DnsMessage.MaxLength];
    private readonly List<int> _labels = [];
    private readonly bool _compressesData;
    private int _length;

    private MessageWriter(bool compressesData) => _compressesData = compressesData;

    /// <summary>Writes a message.</summary>
    /// <param name="message">What to write; no more than <see cref="DnsMessage.MaxLength"/> bytes.</param>
    /// <param name="compressesData">Whether names in SRV and NSEC records may be compressed, which resolvers other than of Multicast DNS do
    /// not expect (RFC 6762 section 18.14).</param>
    public static byte[] Write(DnsMessage message, bool compressesData = true)
    {
        var writer = new MessageWriter(compressesData);
        writer.Write(message.Id);
        writer.Write(message.IsResponse ? Authoritative : 0);
        writer.Write(message.Questions.Count);
        writer.Write(message.Answers.Count);
        writer.Write(message.Authorities.Count);
        writer.Write(message.Additionals.Count);
        foreach (Question question in message.Questions)
        {
            writer.WriteName(question.Name.Wire, compresses: true);
            writer.Write((int)question.Type);
            writer.Write(InternetClass | (question.WantsUnicast ? TopBit : 0));
        }

        foreach (DnsRecord record in message.Answers.Concat(message.Authorities).Concat(message.Additionals))
        {
            writer.Write(record);
        }

        return writer._message[..writer._length];
    }

    private void Write(DnsRecord record)
    {
        WriteName(record.Name.Wire, compresses: true);
        Write((int)record.Type);
        Write(InternetClass | (record.IsUnique ? TopBit : 0));
        BinaryPrimitives.WriteUInt32BigEndian(_message.AsSpan(_length), record.Ttl);
        _length += 4;
        int lengthAt = _length;
        Write(0);
        ReadOnlySpan<byte> data = record.Data.Span;
        switch (record.Type)
        {
            case RecordType.Ptr:
                WriteName(data, compresses: true);
                break;
            case RecordType.Srv:
                Write(data[..DnsRecord.SrvHeaderLength]);
                WriteName(data[DnsRecord.SrvHeaderLength..], _compressesData);
                break;
            case RecordType.Nsec:
                int nameLength = record.Name.Wire.Length; // ours always are about their own name
                WriteName(data[..nameLength], _compressesData);
                Write(data[nameLength..]);
                break;
            default:
                Write(data);
                break;
        }

        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(lengthAt), (ushort)(_length - lengthAt - 2));
    }

    private void Write(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_message.AsSpan(_length), (ushort)value);
        _length += 2;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_message.AsSpan(_length));
        _length += bytes.Length;
    }

    private void WriteName(ReadOnlySpan<byte> name, bool compresses)
    {
        Span<byte> earlier = stackalloc byte[DnsName.MaxLength];
        for (; name[0] != 0; name = name[(1 + name[0])..])
        {
            foreach (int label in compresses ? _labels : [])
            {
                int position = label;
                int length = MessageReader.ReadName(_message.AsSpan(0, _length), ref position, earlier);
                if (earlier[..length].SequenceEqual(name))
                {
                    Write(0xC000 | label);
                    return;
                }
            }

            if (_length <= LastPointer)
            {
                _labels.Add(_length);
            }

            Write(name[..(1 + name[0])]);
        }

        Write([0]);
    }
}
