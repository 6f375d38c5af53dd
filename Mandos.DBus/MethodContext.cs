using System.Text;

namespace Mandos.DBus;

/// <summary>A call that somebody made, and the way to answer it.</summary>
public sealed class MethodContext
{
    private int _replied;

    internal MethodContext(DBusConnection connection, Message request)
    {
        Connection = connection;
        Request = request;
    }

    /// <summary>The connection it came by.</summary>
    public DBusConnection Connection { get; }

    /// <summary>The call; its body is readable until <see cref="IPathMethodHandler.HandleMethodAsync"/> first awaits.</summary>
    public Message Request { get; }

    /// <summary>The unique name of the caller.</summary>
    public string? Sender => Request.Sender;

    /// <summary>The object called.</summary>
    public string Path => Request.Path!;

    /// <summary>The interface, if the caller said.</summary>
    public string? Interface => Request.Interface;

    /// <summary>The method.</summary>
    public string Member => Request.Member!;

    /// <summary>The types of its arguments.</summary>
    public string Signature => Request.Signature;

    /// <summary>Whether the caller wants no reply: then none is sent.</summary>
    public bool NoReplyExpected => (Request.Flags & MessageFlags.NoReplyExpected) != 0;

    /// <summary>Whether a reply has been given.</summary>
    public bool ReplySent => Volatile.Read(ref _replied) != 0;

    /// <summary>A writer with the reply's header written.</summary>
    public MessageWriter CreateReplyWriter(string? signature)
    {
        MessageWriter writer = Connection.GetMessageWriter();
        writer.WriteMethodReturnHeader(Request.Serial, Sender, signature);
        return writer;
    }

    /// <summary>Sends the reply; from any thread.</summary>
    /// <returns>False if it was not queued: the connection is gone, too much waits, or a reply was given before.</returns>
    public bool Reply(MessageBuffer message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _replied, 1) == 0)
        {
            if (!NoReplyExpected)
            {
                return Connection.TrySendMessage(message);
            }
            message.Dispose();
            return true;
        }
        message.Dispose();
        return false;
    }

    /// <summary>Replies with an error; from any thread. What is no text in the message is replaced.</summary>
    /// <returns>As <see cref="Reply"/>.</returns>
    public bool ReplyError(string errorName, string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        string text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(message)).Replace('\0', '\uFFFD');
        MessageWriter writer = Connection.GetMessageWriter();
        try
        {
            writer.WriteError(Request.Serial, Sender, errorName, text);
            return Reply(writer.CreateMessage());
        }
        finally
        {
            writer.Dispose();
        }
    }
}
