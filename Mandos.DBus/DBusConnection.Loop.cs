using Mandos.DBus.Transport;
using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>The connection's thread.</summary>
public sealed partial class DBusConnection
{
    private readonly ReceiveBuffer _receiving = new();
    private readonly NameCache _names = new();

    /// <summary>Posted actions, and the list that takes turns with it; the first within the lock.</summary>
    private List<(Action<object?> Action, object? State)> _posted = [];
    private List<(Action<object?> Action, object? State)> _running = [];

    /// <summary>Made by the thread; others only wake it, within the lock.</summary>
    private BusSocket? _socket;

    /// <summary>Whether the thread waits, or is about to; within the lock.</summary>
    private bool _isAsleep;
    private bool _stopRequested;

    private void RunThread(CancellationToken ct)
    {
        Volatile.Write(ref _threadId, Environment.CurrentManagedThreadId);
        Exception? reason = null;
        try
        {
            lock (_gate)
            {
                _socket = new BusSocket();
            }
            new Handshake(this, ct).Run();
            LogConnected(_options.Name, _uniqueName!);
            _connected.TrySetResult();
            while (!IsStopping())
            {
                RunPosted();
                DispatchAndSend();
                ReadWhenReady();
            }
            Drain();
        }
        catch (Exception e)
        {
            reason = e;
        }
        Volatile.Write(ref _threadId, 0);
        End(reason);
    }

    /// <summary>Wakes the thread if it waits; within the lock, so that what wakes it is still there.</summary>
    private void WakeIfAsleep()
    {
        if (_isAsleep)
        {
            _isAsleep = false;
            _socket!.Wake();
        }
    }

    /// <summary>Wakes the thread, or keeps it from waiting next time: for timers, cancellation and the end.</summary>
    private void Interrupt()
    {
        lock (_gate)
        {
            if (_state != State.Ended)
            {
                _socket?.Wake();
            }
        }
    }

    private bool IsStopping()
    {
        lock (_gate)
        {
            return _stopRequested;
        }
    }

    private void RunPosted()
    {
        lock (_gate)
        {
            (_posted, _running) = (_running, _posted);
        }
        foreach ((Action<object?> action, object? state) in _running)
        {
            try
            {
                action(state);
            }
            catch (Exception e)
            {
                LogPostedFault(_options.Name, Describe(e));
            }
        }
        _running.Clear();
    }

    /// <summary>Handles what has been received, unless too much waits to be sent.</summary>
    private void DispatchAndSend()
    {
        bool isDone;
        do
        {
            isDone = Dispatch();
            _sending.Flush(_socket!);
        }
        while (!isDone && !IsBehind());
    }

    /// <summary>Whether the bus does not take what we send, so that we should not take on more.</summary>
    private bool IsBehind()
    {
        lock (_gate)
        {
            return _sending.Waiting > _options.MaxQueuedBytes / 2;
        }
    }

    /// <returns>False if whole messages are left, because too much waits to be sent.</returns>
    private bool Dispatch()
    {
        while (_receiving.Received.Length >= MessageHeader.FixedSize)
        {
            int size = MessageHeader.GetMessageSize(_receiving.Received);
            if (_receiving.Received.Length < size)
            {
                return true;
            }
            if (IsBehind())
            {
                return false;
            }
            Message message = MessageHeader.Read(_receiving.Data, _receiving.Start, size, _names);
            try
            {
                Dispatch(message);
            }
            finally
            {
                message.Release();
                _receiving.Remove(size);
            }
        }
        return true;
    }

    private void Dispatch(Message message)
    {
        switch (message.MessageType)
        {
            case MessageType.MethodCall:
                DispatchRequest(message);
                break;
            case MessageType.MethodReturn:
            case MessageType.Error:
                CompleteCall(message);
                break;
            case MessageType.Signal:
                DispatchSignal(message);
                break;
            default:
                break;
        }
    }

    /// <summary>Waits until there is something to do, and receives what is there.</summary>
    private void ReadWhenReady()
    {
        const short read = Native.POLLIN | Native.POLLHUP | Native.POLLERR;
        short events = Wait(IsBehind() ? (short)0 : Native.POLLIN);
        if ((events & read) != 0)
        {
            _receiving.Add(_socket!.Receive(_receiving.GetRoom()));
        }
    }

    /// <summary>Waits for the socket, or until something is to be done.</summary>
    private short Wait(short events)
    {
        int timeout;
        lock (_gate)
        {
            bool hasWork = _state != State.Ending && (_posted.Count > 0 || _stopRequested);
            hasWork |= !_sending.IsEmpty && !_sending.IsBlocked;
            _isAsleep = !hasWork;
            timeout = hasWork ? 0 : Timeout.Infinite;
        }
        if (_sending.IsBlocked)
        {
            events |= Native.POLLOUT;
        }
        short happened = _socket!.Wait(events, timeout);
        lock (_gate)
        {
            _isAsleep = false;
        }
        if ((happened & (Native.POLLOUT | Native.POLLHUP | Native.POLLERR)) != 0)
        {
            _sending.IsBlocked = false;
        }
        return happened;
    }

    /// <summary>At the end, sends what is left if the bus takes it in time.</summary>
    private void Drain()
    {
        RunPosted();
        lock (_gate)
        {
            _state = State.Ending;
        }
        using CancellationTokenSource limit = new(_options.FlushTimeout, _options.TimeProvider);
        using CancellationTokenRegistration wake = limit.Token.UnsafeRegister(_ => Interrupt(), null);
        while (!limit.IsCancellationRequested)
        {
            _sending.Flush(_socket!);
            lock (_gate)
            {
                if (_sending.IsEmpty)
                {
                    return;
                }
            }
            Wait(0);
        }
    }

    /// <summary>The thread's last deed: nothing waits any more.</summary>
    private void End(Exception? reason)
    {
        List<PendingCall> calls = [];
        bool isDisposed;
        lock (_gate)
        {
            isDisposed = _stopRequested;
            _state = State.Ended;
            _socket?.Dispose();
            _sending.Clear();
            while (_pending.TakeAny() is { } call)
            {
                calls.Add(call);
            }
            _posted.Clear();
            _subscriptions = [];
            _callTimer?.Dispose();
        }
        _receiving.Clear();
        string why = reason == null || isDisposed ? "it was disposed of" : Describe(reason);
        foreach (PendingCall call in calls)
        {
            call.Fail(new DBusConnectionClosedException($"the connection has ended: {why}"));
        }
        if (reason is OperationCanceledException canceled)
        {
            _connected.TrySetCanceled(canceled.CancellationToken);
        }
        else if (!_connected.Task.IsCompleted)
        {
            _connected.TrySetException(reason as DBusConnectException ?? new DBusConnectException(why, reason));
        }
        else
        {
            LogEnded(_options.Name, why);
        }
        _disconnected.TrySetResult(isDisposed ? null : reason);
    }

    /// <summary>What went wrong, in one line.</summary>
    private static string Describe(Exception e)
        => e is DBusException ? e.Message : $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}";
}
