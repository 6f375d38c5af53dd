namespace Mandos.DBus;

/// <summary>Answers the calls of others to an object, or to a tree of them.</summary>
public interface IPathMethodHandler
{
    /// <summary>The object's path.</summary>
    string Path { get; }

    /// <summary>Whether calls to paths below come here too, unless another handler's path is nearer.</summary>
    bool HandlesChildPaths { get; }

    /// <summary>
    /// Answers one call. It runs on the connection's thread until its first await, and <see cref="MethodContext.Request"/> is
    /// readable until then. The reply may be given later and from any thread; if none is, the caller waits in vain. A
    /// <see cref="DBusErrorReplyException"/> becomes that error, a <see cref="DBusReadException"/>
    /// <see cref="DBusErrors.InvalidArgs"/>, and a <see cref="DBusMessageTooLargeException"/>
    /// <see cref="DBusErrors.LimitsExceeded"/>. Any other exception becomes <see cref="DBusErrors.Failed"/> without details, and is
    /// logged.
    /// </summary>
    ValueTask HandleMethodAsync(MethodContext context);
}
