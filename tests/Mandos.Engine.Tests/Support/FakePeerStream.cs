using Mandos.TestKit;

namespace Mandos.Engine.Tests.Support;

/// <summary>What a peer sends, piece by piece. A read waits until there is something to read, or the end.</summary>
internal sealed class FakePeerStream : ConnectionStream
{
    private readonly Lock _lock = new();
    private readonly Queue<byte> _data = new();
    private readonly Queue<int> _pieces = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _error;
    private bool _ended;

    /// <summary>Whether a read waits for data.</summary>
    public bool IsReadPending { get; private set; }

    /// <summary>Sends a piece; a read does not reach beyond the piece that it begins in.</summary>
    public void Send(ReadOnlySpan<byte> piece)
    {
        lock (_lock)
        {
            foreach (byte b in piece)
            {
                _data.Enqueue(b);
            }

            _pieces.Enqueue(piece.Length);
            Wake();
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Wake();
        }
    }

    public void Break(Exception error)
    {
        lock (_lock)
        {
            _error ??= error;
            Wake();
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task wake;
            lock (_lock)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_error is not null)
                {
                    throw _error;
                }

                if (_data.Count > 0 || _ended)
                {
                    IsReadPending = false;
                    return Take(buffer.Span);
                }

                IsReadPending = true;
                wake = _wake.Task;
            }

            try
            {
                await wake.WaitAsync(cancellationToken);
            }
            finally
            {
                lock (_lock)
                {
                    IsReadPending = false;
                }
            }
        }
    }

    private int Take(Span<byte> buffer)
    {
        if (_data.Count == 0 || buffer.IsEmpty)
        {
            return 0;
        }

        int piece = _pieces.Dequeue();
        int length = Math.Min(piece, buffer.Length);
        for (int i = 0; i < length; i++)
        {
            buffer[i] = _data.Dequeue();
        }

        if (length < piece)
        {
            int[] later = [.. _pieces];
            _pieces.Clear();
            _pieces.Enqueue(piece - length);
            foreach (int p in later)
            {
                _pieces.Enqueue(p);
            }
        }

        return length;
    }

    private void Wake()
    {
        _wake.TrySetResult();
        if (!_ended && _error is null)
        {
            _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
