namespace Mandos.DBus.Transport;

/// <summary>
/// What waits to be sent. Small messages are copied together, so that many go in one call; large ones are sent from where they
/// are. The owner locks <see cref="Gate"/> to add; everything else is for the connection's thread.
/// </summary>
internal sealed class SendQueue(Lock gate)
{
    private const int StageSize = 64 << 10;
    private const int LargeMessage = 16 << 10;

    /// <summary>What a message costs besides its bytes.</summary>
    private const int Overhead = 256;

    private readonly Queue<MessageBuffer> _messages = new();
    private readonly byte[] _stage = new byte[StageSize];
    private int _stageStart;
    private int _stageEnd;
    private MessageBuffer? _large;
    private int _largeSent;

    public Lock Gate { get; } = gate;

    /// <summary>How many bytes wait; within the lock.</summary>
    public long Waiting { get; private set; }

    /// <summary>Whether the bus must take something before more can be sent.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>Whether nothing is left; within the lock.</summary>
    public bool IsEmpty => _messages.Count == 0 && _large == null && _stageStart == _stageEnd;

    /// <summary>Whether a message may be added; within the lock.</summary>
    public bool HasRoom(MessageBuffer message, long limit) => Waiting == 0 || Waiting + message.Length + Overhead <= limit;

    /// <summary>Adds a message; within the lock.</summary>
    public void Add(MessageBuffer message)
    {
        _messages.Enqueue(message);
        Waiting += message.Length + Overhead;
    }

    /// <summary>Sends until nothing is left or the bus takes no more.</summary>
    public void Flush(BusSocket socket)
    {
        while (!IsBlocked && (HasCurrent() || TakeNext()))
        {
            ReadOnlySpan<byte> rest = _large == null ? _stage.AsSpan(_stageStart.._stageEnd) : _large.Span[_largeSent..];
            int sent = socket.Send(rest);
            IsBlocked = sent < rest.Length;
            if (_large == null)
            {
                _stage.AsSpan(_stageStart, sent).Clear();
                _stageStart += sent;
            }
            else if ((_largeSent += sent) == _large.Length)
            {
                Forget(_large);
                _large = null;
            }
        }
    }

    /// <summary>Drops everything; within the lock.</summary>
    public void Clear()
    {
        while (_messages.TryDequeue(out MessageBuffer? message))
        {
            message.Dispose();
        }
        _large?.Dispose();
        _large = null;
        Array.Clear(_stage);
        _stageStart = _stageEnd = 0;
        Waiting = 0;
    }

    private bool HasCurrent() => _large != null || _stageStart < _stageEnd;

    private bool TakeNext()
    {
        _stageStart = _stageEnd = 0;
        while (true)
        {
            MessageBuffer? message;
            lock (Gate)
            {
                if (!_messages.TryPeek(out message))
                {
                    break;
                }
                bool isLarge = message.Length > LargeMessage;
                if (_stageEnd > 0 && (isLarge || message.Length > _stage.Length - _stageEnd))
                {
                    break;
                }
                _messages.Dequeue();
                if (isLarge)
                {
                    _large = message;
                    _largeSent = 0;
                    return true;
                }
            }
            message.Span.CopyTo(_stage.AsSpan(_stageEnd));
            _stageEnd += message.Length;
            Forget(message);
        }
        return _stageEnd > 0;
    }

    private void Forget(MessageBuffer message)
    {
        lock (Gate)
        {
            Waiting -= message.Length + Overhead;
        }
        message.Dispose();
    }
}
