using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>A message that was received. Its body is readable only while the handler runs that was given it.</summary>
public sealed class Message
{
    private readonly int _bodyStart;
    private readonly int _bodyLength;
    private byte[]? _data;

    internal Message(byte[] data, int bodyStart, int bodyLength)
        => (_data, _bodyStart, _bodyLength) = (data, bodyStart, bodyLength);

    /// <summary>What it is.</summary>
    public MessageType MessageType { get; internal set; }

    /// <summary>Its flags, also such as are not known here.</summary>
    public MessageFlags Flags { get; internal set; }

    /// <summary>Its sender's number for it; never 0.</summary>
    public uint Serial { get; internal set; }

    /// <summary>The call that it answers.</summary>
    public uint? ReplySerial { get; internal set; }

    /// <summary>The object called, or that signals.</summary>
    public string? Path { get; internal set; }

    /// <summary>The interface; calls may be without.</summary>
    public string? Interface { get; internal set; }

    /// <summary>The method or signal.</summary>
    public string? Member { get; internal set; }

    /// <summary>The error's name.</summary>
    public string? ErrorName { get; internal set; }

    /// <summary>Whom it is for; null if for all.</summary>
    public string? Destination { get; internal set; }

    /// <summary>The unique name of who sent it, as the bus says.</summary>
    public string? Sender { get; internal set; }

    /// <summary>The types in its body; empty for an empty body.</summary>
    public string Signature { get; internal set; } = "";

    /// <summary>Whether its numbers have the most significant byte first.</summary>
    public bool IsBigEndian { get; internal set; }

    /// <summary>Reads one whole message, in tests for example.</summary>
    /// <exception cref="DBusReadException">It is no valid message, or not one only.</exception>
    public static Message Parse(byte[] message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Length >= MessageHeader.FixedSize && MessageHeader.GetMessageSize(message) == message.Length
            ? MessageHeader.Read(message, 0, message.Length, new NameCache())
            : throw new DBusReadException("a message is longer or shorter than it says");
    }

    /// <summary>A new reader, at the body's beginning.</summary>
    /// <exception cref="InvalidOperationException">The handler that was given the message has returned.</exception>
    public Reader GetBodyReader()
        => new(
            (_data ?? throw new InvalidOperationException("A message's body can be read only until its handler returns."))
                .AsSpan(_bodyStart, _bodyLength),
            IsBigEndian);

    /// <summary>From now on the body cannot be read.</summary>
    internal void Release() => _data = null;
}
