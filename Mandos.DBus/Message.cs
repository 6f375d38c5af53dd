namespace Mandos.DBus;

/// <summary>A message that was received. Its body is readable only while the handler runs that was given it.</summary>
public sealed class Message
{
    internal Message()
    {
    }

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
    public static Message Parse(byte[] message) => throw new NotImplementedException();

    /// <summary>A new reader, at the body's beginning.</summary>
    /// <exception cref="InvalidOperationException">The handler that was given the message has returned.</exception>
    public Reader GetBodyReader() => throw new NotImplementedException();
}
