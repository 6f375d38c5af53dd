namespace Mandos.DBus;

/// <summary>A call that somebody made, and the way to answer it.</summary>
public sealed class MethodContext
{
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
    public bool NoReplyExpected => throw new NotImplementedException();

    /// <summary>Whether a reply has been given.</summary>
    public bool ReplySent => throw new NotImplementedException();

    /// <summary>A writer with the reply's header written.</summary>
    public MessageWriter CreateReplyWriter(string? signature) => throw new NotImplementedException();

    /// <summary>Sends the reply; from any thread.</summary>
    /// <returns>False if it could not be queued: the connection is gone, or too much waits; or a reply was given before.</returns>
    public bool Reply(MessageBuffer message) => throw new NotImplementedException();

    /// <summary>Replies with an error; from any thread.</summary>
    /// <returns>As <see cref="Reply"/>.</returns>
    public bool ReplyError(string errorName, string message) => throw new NotImplementedException();
}
