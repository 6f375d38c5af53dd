using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>
/// A connection to a message bus. It has one thread of its own, on which all handlers, readers and posted actions run, so these
/// must not block; its methods may be called from any thread. It connects once: after its end, make a new one.
/// </summary>
public sealed class DBusConnection : IAsyncDisposable
{
    private readonly DBusConnectionOptions _options;

    /// <summary>A connection that is not connected yet.</summary>
    public DBusConnection(DBusConnectionOptions options) => _options = options;

    /// <summary>Our name at the bus, from connecting on.</summary>
    public string? UniqueName => throw new NotImplementedException();

    /// <summary>Whether the caller runs on the connection's thread.</summary>
    public bool IsOnConnectionThread => throw new NotImplementedException();

    /// <summary>Connects, authenticates as the process's effective user, and says hello to the bus.</summary>
    /// <exception cref="DBusConnectException">That failed or took too long; the message says how.</exception>
    public Task ConnectAsync(CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Ends when the connection has ended: with the reason, or with null after disposal.</summary>
    public Task<Exception?> DisconnectedAsync() => throw new NotImplementedException();

    /// <summary>A writer for a message to be sent here.</summary>
    public MessageWriter GetMessageWriter() => new(Math.Min(_options.MaxMessageSize, Limits.Message));

    /// <summary>Calls a method and waits for its reply.</summary>
    /// <exception cref="DBusErrorReplyException">The reply is an error, or did not come in time.</exception>
    /// <exception cref="DBusConnectionClosedException">The connection is gone.</exception>
    public Task CallMethodAsync(MessageBuffer message, CancellationToken ct = default) => throw new NotImplementedException();

    /// <summary>Calls a method, waits for its reply and reads it.</summary>
    /// <inheritdoc cref="CallMethodAsync(MessageBuffer, CancellationToken)"/>
    public Task<T> CallMethodAsync<T>(
        MessageBuffer message,
        MessageValueReader<T> reader,
        object? readerState = null,
        CancellationToken ct = default)
        => throw new NotImplementedException();

    /// <summary>Queues a message that needs no reply.</summary>
    /// <returns>False if not connected, or if more than <see cref="DBusConnectionOptions.MaxQueuedBytes"/> would wait.</returns>
    public bool TrySendMessage(MessageBuffer message) => throw new NotImplementedException();

    /// <summary>Subscribes to messages; disposing of the result ends that.</summary>
    public ValueTask<IDisposable> AddMatchAsync(
        MatchRule rule,
        MessageHandler handler,
        object? handlerState = null,
        CancellationToken ct = default)
        => throw new NotImplementedException();

    /// <summary>Lets a handler answer calls to its path, or to its tree.</summary>
    /// <exception cref="ArgumentException">The path is not valid, or has a handler already.</exception>
    public void AddMethodHandler(IPathMethodHandler handler) => throw new NotImplementedException();

    /// <summary>Takes the handler of a path away, if there is one.</summary>
    public void RemoveMethodHandler(string path) => throw new NotImplementedException();

    /// <summary>Asks the bus for a name.</summary>
    public Task<RequestNameReply> RequestNameAsync(string name, RequestNameOptions options, CancellationToken ct = default)
        => throw new NotImplementedException();

    /// <summary>Gives a name up.</summary>
    public Task<ReleaseNameReply> ReleaseNameAsync(string name, CancellationToken ct = default) => throw new NotImplementedException();

    /// <summary>The unique name of who owns a name; null if nobody does.</summary>
    public Task<string?> GetNameOwnerAsync(string name, CancellationToken ct = default) => throw new NotImplementedException();

    /// <summary>Runs an action on the connection's thread, after what was posted before.</summary>
    /// <returns>False if not connected: it will not run.</returns>
    public bool Post(Action<object?> action, object? state) => throw new NotImplementedException();

    /// <summary>
    /// Ends the connection, after what was posted has run and what was queued is sent, if the bus takes it in time. Handlers may
    /// call it.
    /// </summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
