using Mandos.DBus.Transport;

namespace Mandos.DBus;

/// <summary>Calls of ours.</summary>
public sealed partial class DBusConnection
{
    private const string BusName = "org.freedesktop.DBus";
    private const string BusPath = "/org/freedesktop/DBus";

    /// <summary>Runs while calls wait; within the lock.</summary>
    private ITimer? _callTimer;
    private bool _isCallTimerArmed;

    /// <summary>Calls a method and waits for its reply.</summary>
    /// <exception cref="DBusErrorReplyException">The reply is an error, or did not come in time.</exception>
    /// <exception cref="DBusConnectionClosedException">The connection is gone.</exception>
    public Task CallMethodAsync(MessageBuffer message, CancellationToken ct = default)
        => CallMethodAsync(message, static (_, _) => true, null, ct);

    /// <summary>Calls a method, waits for its reply and reads it.</summary>
    /// <inheritdoc cref="CallMethodAsync(MessageBuffer, CancellationToken)"/>
    public Task<T> CallMethodAsync<T>(
        MessageBuffer message,
        MessageValueReader<T> reader,
        object? readerState = null,
        CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(reader);
        if (message.NoReplyExpected)
        {
            message.Dispose();
            throw new ArgumentException("The message says that it wants no reply.", nameof(message));
        }
        if (ct.IsCancellationRequested)
        {
            message.Dispose();
            return Task.FromCanceled<T>(ct);
        }
        PendingCall<T> call = new(message.Destination, reader, readerState);
        return TryQueue(message, call) is { } refusal ? Task.FromException<T>(refusal)
            : ct.CanBeCanceled ? WaitAsync(call, ct)
            : call.Task;
    }

    /// <summary>Asks the bus for a name.</summary>
    public async Task<RequestNameReply> RequestNameAsync(string name, RequestNameOptions options, CancellationToken ct = default)
        => (RequestNameReply)await CallBusAsync(
            "RequestName",
            "su",
            writer =>
            {
                writer.WriteString(name);
                writer.WriteUInt32((uint)options);
            },
            static (message, _) => message.GetBodyReader().ReadUInt32(),
            ct).ConfigureAwait(false);

    /// <summary>Gives a name up.</summary>
    public async Task<ReleaseNameReply> ReleaseNameAsync(string name, CancellationToken ct = default)
        => (ReleaseNameReply)await CallBusAsync(
            "ReleaseName",
            "s",
            writer => writer.WriteString(name),
            static (message, _) => message.GetBodyReader().ReadUInt32(),
            ct).ConfigureAwait(false);

    /// <summary>The unique name of who owns a name; null if nobody does.</summary>
    public async Task<string?> GetNameOwnerAsync(string name, CancellationToken ct = default)
    {
        try
        {
            return await CallBusAsync(
                "GetNameOwner",
                "s",
                writer => writer.WriteString(name),
                static (message, _) => message.GetBodyReader().ReadString(),
                ct).ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e) when (e.ErrorName == DBusErrors.NameHasNoOwner)
        {
            return null;
        }
    }

    private Task<T> CallBusAsync<T>(
        string member,
        string signature,
        Action<MessageWriter> writeBody,
        MessageValueReader<T> reader,
        CancellationToken ct)
    {
        MessageWriter writer = GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(BusName, BusPath, BusName, member, signature);
            writeBody(writer);
            return CallMethodAsync(writer.CreateMessage(), reader, null, ct);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private async Task<T> WaitAsync<T>(PendingCall<T> call, CancellationToken ct)
    {
        CancellationTokenRegistration registration = ct.UnsafeRegister(
            _ =>
            {
                bool isOurs;
                lock (_gate)
                {
                    isOurs = _pending.Take(call);
                }
                if (isOurs)
                {
                    call.Cancel(ct);
                }
            },
            null);
        try
        {
            return await call.Task.ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void CompleteCall(Message reply)
    {
        PendingCall? call;
        lock (_gate)
        {
            call = _pending.Take(reply.ReplySerial!.Value, reply.Sender);
        }
        // None waits for a reply that comes too late, or that was made up.
        call?.Complete(reply);
    }

    /// <summary>Sees to it that calls do not wait for ever; within the lock.</summary>
    private void ArmCallTimer()
    {
        if (!_isCallTimerArmed && _pending.UntilNextDeadline is { } due)
        {
            _isCallTimerArmed = true;
            _callTimer ??= _options.TimeProvider.CreateTimer(
                _ => FailOverdueCalls(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            // A timer has whole milliseconds: the one that is cut off must not make it ring too early again and again.
            _callTimer.Change(due + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    private void FailOverdueCalls()
    {
        List<PendingCall> overdue = [];
        lock (_gate)
        {
            while (_pending.TakeOverdue() is { } call)
            {
                overdue.Add(call);
            }
            _isCallTimerArmed = false;
            if (_state != State.Ended)
            {
                ArmCallTimer();
            }
        }
        foreach (PendingCall call in overdue)
        {
            call.Fail(new DBusErrorReplyException(
                DBusErrors.NoReply, $"no reply within {_options.CallTimeout.TotalSeconds} seconds"));
        }
    }
}
