using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tmds.DBus.Protocol;

namespace Mandos.Bus;

/// <summary>
/// A connection of Tmds.DBus.Protocol on which handlers, readers and posted actions run one at a time, calls end, and nothing that a
/// handler or a peer does wrong ends it.
/// </summary>
public sealed partial class BusConnection : IAsyncDisposable
{
    private const string Name = "org.freedesktop.DBus";
    private const string Path = "/org/freedesktop/DBus";

    private readonly BusOptions _options;
    private readonly ILogger _logger;
    private readonly DBusConnection _connection;

    /// <summary>Held while a handler, a reader or a posted action runs.</summary>
    private readonly Lock _turn = new();
    private readonly Queue<Action> _posted = [];
    private bool _isRunningPosted;
    private Task<Exception?> _disconnected = Task.FromResult<Exception?>(null);
    private volatile bool _isConnected;

    /// <param name="options">Where it goes, and its limits. Not to be used for another connection.</param>
    public BusConnection(BusOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = options.Logger ?? NullLogger.Instance;
        options.OnException = context =>
        {
            context.DisconnectConnection = false;
            if (context.Source != DBusConnection.ExceptionSource.ConnectionFailed)
            {
                LogFault(_options.Name, context.Source, context.Exception.Message);
            }
        };
        _connection = new DBusConnection(options);
    }

    /// <summary>The name that the bus gave us; null until it is connected.</summary>
    public string? UniqueName { get; private set; }

    /// <summary>Connects, once.</summary>
    /// <exception cref="DBusConnectFailedException">It failed or took too long.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Task connecting = _connection.ConnectAsync().AsTask();
        try
        {
            await connecting.WaitAsync(_options.ConnectTimeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // off the loop that reads, as in CallAsync
        }
        catch (TimeoutException)
        {
            Abandon(connecting);
            throw new DBusConnectFailedException($"the bus did not answer within {_options.ConnectTimeout.TotalSeconds} seconds");
        }
        catch (OperationCanceledException)
        {
            Abandon(connecting);
            throw;
        }
        catch (Exception e) when (e is not DBusExceptionBase)
        {
            throw new DBusConnectFailedException(e.Message, e);
        }

        // It counts as connected, too, if the bus has refused the first call.
        UniqueName = _connection.UniqueName ?? throw new DBusConnectFailedException("the bus refuses us, it has too many connections");
        _disconnected = _connection.DisconnectedAsync();
        _isConnected = true;
        _ = _disconnected.ContinueWith(_ => _isConnected = false, TaskScheduler.Default);
    }

    /// <summary>Ends when the connection is lost, with the reason, or is disposed, with null.</summary>
    public Task<Exception?> DisconnectedAsync() => _disconnected;

    /// <summary>Begins a message. The caller sends it once it is complete, and disposes it.</summary>
    public MessageWriter GetMessageWriter() => _connection.GetMessageWriter();

    /// <summary>Sends a message that needs no answer.</summary>
    /// <returns>False if the connection is gone.</returns>
    public bool TrySendMessage(MessageBuffer message)
    {
        try
        {
            return _connection.TrySendMessage(message);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Sends a signal to all who listen.</summary>
    /// <param name="path">The object that it is of.</param>
    /// <param name="interfaceName">The interface that has it.</param>
    /// <param name="member">Its name.</param>
    /// <param name="signature">The types of its arguments; null for none.</param>
    /// <param name="body">Writes the arguments.</param>
    /// <exception cref="DBusConnectionClosedException">The connection is gone.</exception>
    public void SendSignal(string path, string interfaceName, string member, string? signature = null, BodyWriter? body = null)
    {
        MessageWriter writer = GetMessageWriter();
        try
        {
            writer.WriteSignalHeader(null, path, interfaceName, member, signature);
            body?.Invoke(ref writer);
            if (!TrySendMessage(writer.CreateMessage()))
            {
                throw new DBusConnectionClosedException("not connected to the bus");
            }
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Runs an action in its turn, after what was posted before, and never within this call.</summary>
    public bool Post(Action action)
    {
        lock (_posted)
        {
            if (!_isConnected)
            {
                return false;
            }

            _posted.Enqueue(action);
            if (_isRunningPosted)
            {
                return true;
            }

            _isRunningPosted = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static self => self.RunPosted(), this, preferLocal: false);
        return true;
    }

    /// <summary>Runs an action now, in a turn of its own; not for callers within a turn.</summary>
    public void RunInTurn(Action action)
    {
        lock (_turn)
        {
            action();
        }
    }

    /// <summary>Lets a handler answer calls to its path and, with <paramref name="below"/>, all below.</summary>
    public void AddHandler(string path, bool below, Action<BusCall> handler)
        => _connection.AddMethodHandler(new Handler(this, path, below, handler));

    /// <summary>Calls a method; the reader runs in its turn, before whatever the bus sent after the reply.</summary>
    /// <exception cref="DBusReadException">The reader could not read the reply.</exception>
    public async Task<T> CallAsync<T>(MessageBuffer message, Func<Message, T> reader, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _connection.CallMethodAsync(
                message,
                (Message reply, object? _) =>
                {
                    try
                    {
                        lock (_turn)
                        {
                            return reader(reply);
                        }
                    }
                    catch (Exception e) when (e is not DBusExceptionBase)
                    {
                        throw new DBusReadException(e.Message, e); // such as a variant of another type, or a body that ends too soon
                    }
                }).WaitAsync(_options.CallTimeout, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new DBusErrorReplyException(BusErrors.NoReply, $"no reply within {_options.CallTimeout.TotalSeconds} seconds");
        }
        catch (ObjectDisposedException e)
        {
            throw new DBusConnectionClosedException("not connected to the bus", e);
        }
        finally
        {
            // The continuation would run on the loop that reads from the bus, and stop it if it blocks; WaitAsync does not help.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    /// <summary>Calls a method.</summary>
    /// <param name="destination">The name to call.</param>
    /// <param name="path">The object.</param>
    /// <param name="interfaceName">The interface that has the method.</param>
    /// <param name="member">The method.</param>
    /// <param name="signature">The types of the arguments; null for none.</param>
    /// <param name="body">Writes the arguments.</param>
    /// <param name="reader">Reads the results.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <inheritdoc cref="CallAsync{T}(MessageBuffer, Func{Message, T}, CancellationToken)"/>
    public Task<T> CallAsync<T>(
        string destination,
        string path,
        string interfaceName,
        string member,
        string? signature,
        BodyWriter? body,
        Func<Message, T> reader,
        CancellationToken cancellationToken = default)
    {
        MessageWriter writer = GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(destination, path, interfaceName, member, signature);
            body?.Invoke(ref writer);
            return CallAsync(writer.CreateMessage(), reader, cancellationToken);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Calls a method whose results do not matter.</summary>
    /// <inheritdoc cref="CallAsync{T}(MessageBuffer, Func{Message, T}, CancellationToken)"/>
    public Task CallAsync(MessageBuffer message, CancellationToken cancellationToken = default)
        => CallAsync(message, static _ => true, cancellationToken);

    /// <summary>Subscribes to signals. The handler runs in its turn, and reads the message itself.</summary>
    public async Task<IDisposable> AddMatchAsync(MatchRule rule, Action<Message> handler, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _connection.AddMatchAsync(
                rule,
                (Message message, object? _) =>
                {
                    try
                    {
                        lock (_turn)
                        {
                            handler(message);
                        }
                    }
                    catch (Exception e)
                    {
                        LogFault(_options.Name, DBusConnection.ExceptionSource.SignalReader, e.Message);
                    }

                    return true;
                },
                static (Notification<bool> _) => { },
                emitOnCapturedContext: false).AsTask().WaitAsync(_options.CallTimeout, _options.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new DBusErrorReplyException(BusErrors.NoReply, $"no reply within {_options.CallTimeout.TotalSeconds} seconds");
        }
        catch (ObjectDisposedException e)
        {
            throw new DBusConnectionClosedException("not connected to the bus", e);
        }
    }

    /// <summary>Takes a name, if nobody else has it; does not wait for it otherwise.</summary>
    /// <returns>Whether it is ours.</returns>
    /// <exception cref="DBusErrorReplyException">The bus refuses it.</exception>
    public Task<bool> TryTakeNameAsync(string name, CancellationToken cancellationToken = default) => CallBusAsync(
        "RequestName",
        "su",
        (ref writer) =>
        {
            const uint doNotQueue = 4;
            writer.WriteString(name);
            writer.WriteUInt32(doNotQueue);
        },
        static reply => reply.GetBodyReader().ReadUInt32() is 1 or 4, // DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER, …_ALREADY_OWNER
        cancellationToken);

    /// <summary>Gives up a name.</summary>
    public Task ReleaseNameAsync(string name, CancellationToken cancellationToken = default)
        => CallBusAsync("ReleaseName", "s", (ref writer) => writer.WriteString(name), static _ => true, cancellationToken);

    /// <summary>Asks which connection has a name.</summary>
    /// <returns>The owner's unique name; null if there is none.</returns>
    public async Task<string?> GetNameOwnerAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await CallBusAsync(
                "GetNameOwner", "s", (ref writer) => writer.WriteString(name), static reply => reply.GetBodyReader().ReadString(), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName == BusErrors.NameHasNoOwner)
        {
            return null;
        }
    }

    /// <summary>Asks which user a connection belongs to.</summary>
    /// <param name="name">A name that it has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The ID of the user who runs it.</returns>
    /// <exception cref="DBusErrorReplyException">It is gone, or the bus does not know.</exception>
    public Task<uint> GetUserAsync(string name, CancellationToken cancellationToken = default)
        => CallBusAsync(
            "GetConnectionUnixUser", "s", (ref writer) => writer.WriteString(name), static reply => reply.GetBodyReader().ReadUInt32(),
            cancellationToken);

    /// <summary>Lets the bus take what is queued, for <see cref="BusOptions.FlushTimeout"/> at most, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isConnected)
        {
            // Tmds drops queued messages; those that were queued before this are sent when it is answered.
            using var limit = new CancellationTokenSource(_options.FlushTimeout, _options.TimeProvider);
            try
            {
                await GetNameOwnerAsync(Name, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or DBusExceptionBase)
            {
                // Then it is not sent.
            }
        }

        lock (_posted)
        {
            _isConnected = false;
        }

        _connection.Dispose();
    }

    private Task<T> CallBusAsync<T>(
        string member, string signature, BodyWriter body, Func<Message, T> reader, CancellationToken cancellationToken)
        => CallAsync(Name, Path, Name, member, signature, body, reader, cancellationToken);

    private void Abandon(Task connecting)
    {
        _connection.Dispose();
        _ = connecting.ContinueWith(static task => task.Exception, TaskScheduler.Default);
    }

    private void RunPosted()
    {
        while (true)
        {
            Action? action;
            lock (_posted)
            {
                if (!_posted.TryDequeue(out action))
                {
                    _isRunningPosted = false;
                    return;
                }
            }

            _options.Stream!.BeginTurn();
            try
            {
                lock (_turn)
                {
                    action();
                }
            }
            catch (Exception e)
            {
                LogFault(_options.Name, DBusConnection.ExceptionSource.MethodHandler, e.Message);
            }
            finally
            {
                _options.Stream!.EndTurn();
            }
        }
    }

    private sealed class Handler(BusConnection connection, string path, bool below, Action<BusCall> handler) : IPathMethodHandler
    {
        public string Path => path;

        public bool HandlesChildPaths => below;

        public ValueTask HandleMethodAsync(MethodContext context)
        {
            context.DisposesAsynchronously = true;
            var call = new BusCall(context);
            try
            {
                if (call.Interface is null && call.Member == "Ping")
                {
                    call.Reply();
                    return ValueTask.CompletedTask;
                }

                lock (connection._turn)
                {
                    handler(call);
                }

                if (call.SecretLength > 0)
                {
                    connection._options.Stream!.ClearBeforeReading(call.SecretLength);
                }
            }
            catch (Exception e)
            {
                connection.LogFault(connection._options.Name, DBusConnection.ExceptionSource.MethodHandler, e.Message);
                call.ReplyError(BusErrors.Failed, "the call failed; the log says why");
            }

            return ValueTask.CompletedTask;
        }
    }
}
