using Mandos.DBus.Transport;
using Mandos.DBus.Wire;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.DBus;

/// <summary>
/// A connection to a message bus. It has one thread of its own, on which all handlers, readers and posted actions run, so these
/// must not block; its methods may be called from any thread. It connects once: after its end, make a new one.
/// </summary>
public sealed partial class DBusConnection : IAsyncDisposable
{
    private readonly DBusConnectionOptions _options;
    private readonly ILogger _logger;

    /// <summary>Guards the state, all queues and the waking of the thread.</summary>
    private readonly Lock _gate = new();
    private readonly SendQueue _sending;
    private readonly PendingCalls _pending;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception?> _disconnected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private State _state;
    private uint _lastSerial;
    private volatile string? _uniqueName;
    private int _threadId;

    /// <summary>A connection that is not connected yet.</summary>
    public DBusConnection(DBusConnectionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _logger = options.Logger ?? NullLogger.Instance;
        _sending = new(_gate);
        _pending = new(options.TimeProvider, options.CallTimeout);
    }

    private enum State
    {
        New,
        Connecting,
        Connected,
        Ending,
        Ended,
    }

    /// <summary>Our name at the bus, from connecting on.</summary>
    public string? UniqueName => _uniqueName;

    /// <summary>Whether the caller runs on the connection's thread.</summary>
    public bool IsOnConnectionThread => Environment.CurrentManagedThreadId == Volatile.Read(ref _threadId);

    /// <summary>The serial given last, which tests set.</summary>
    internal uint LastSerial
    {
        get => _lastSerial;
        set => _lastSerial = value;
    }

    /// <summary>Connects, authenticates as the process's effective user, and says hello to the bus.</summary>
    /// <exception cref="DBusConnectException">That failed or took too long; the message says how.</exception>
    /// <exception cref="InvalidOperationException">It has been called before, or the connection is disposed of.</exception>
    public Task ConnectAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            if (_state != State.New)
            {
                throw new InvalidOperationException("A connection connects once.");
            }
            _state = State.Connecting;
        }
        try
        {
            new Thread(() => RunThread(ct)) { IsBackground = true, Name = _options.Name }.Start();
        }
        catch (OutOfMemoryException e)
        {
            // That is what a limit on threads looks like. Nobody else would end the connection.
            End(e);
        }
        return _connected.Task;
    }

    /// <summary>Ends when the connection has ended: with the reason, or with null after disposal.</summary>
    public Task<Exception?> DisconnectedAsync() => _disconnected.Task;

    /// <summary>A writer for a message to be sent here.</summary>
    public MessageWriter GetMessageWriter() => new(Math.Min(_options.MaxMessageSize, Limits.Message));

    /// <summary>Queues a message that needs no reply.</summary>
    /// <returns>False if not connected, or if more than <see cref="DBusConnectionOptions.MaxQueuedBytes"/> would wait.</returns>
    public bool TrySendMessage(MessageBuffer message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return TryQueue(message, null) == null;
    }

    /// <summary>Runs an action on the connection's thread, after what was posted before.</summary>
    /// <returns>False if not connected. An action does not run if the connection ends first.</returns>
    public bool Post(Action<object?> action, object? state)
    {
        ArgumentNullException.ThrowIfNull(action);
        lock (_gate)
        {
            if (_state != State.Connected)
            {
                return false;
            }
            _posted.Add((action, state));
            WakeIfAsleep();
            return true;
        }
    }

    /// <summary>
    /// Ends the connection, after what was posted has run and what was queued is sent, if the bus takes it in
    /// <see cref="DBusConnectionOptions.FlushTimeout"/>. Called by a handler, it ends once that has returned.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_state == State.New)
            {
                _state = State.Ended;
                _disconnected.TrySetResult(null);
            }
            _stopRequested = true;
        }
        Interrupt();
        if (!IsOnConnectionThread)
        {
            await _disconnected.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Queues a message, and the call that it makes.</summary>
    /// <returns>Why that could not be, if so; then the message is disposed of.</returns>
    private DBusException? TryQueue(MessageBuffer message, PendingCall? call)
    {
        message.Take();
        DBusException? refusal = null;
        lock (_gate)
        {
            if (_state != State.Connected && !(_state == State.Connecting && IsOnConnectionThread))
            {
                refusal = new DBusConnectionClosedException("not connected to the bus");
            }
            else if (!_sending.HasRoom(message, _options.MaxQueuedBytes))
            {
                refusal = new DBusErrorReplyException(DBusErrors.LimitsExceeded, "too much waits to be sent");
            }
            else if (call != null && _pending.Count >= _options.MaxPendingCalls)
            {
                refusal = new DBusErrorReplyException(DBusErrors.LimitsExceeded, "too many calls wait for replies");
            }
            else
            {
                uint serial = NextSerial();
                message.SetSerial(serial);
                if (call != null)
                {
                    _pending.Add(call, serial);
                    ArmCallTimer();
                }
                _sending.Add(message);
                WakeIfAsleep();
                return null;
            }
        }
        message.Dispose();
        return refusal;
    }

    /// <summary>A serial that is not 0 and belongs to no call that waits; within the lock.</summary>
    private uint NextSerial()
    {
        do
        {
            _lastSerial = unchecked(_lastSerial + 1);
        }
        while (_lastSerial == 0 || _pending.Contains(_lastSerial));
        return _lastSerial;
    }
}
