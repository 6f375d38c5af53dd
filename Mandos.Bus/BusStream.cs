using System.Net.Sockets;

namespace Mandos.Bus;

/// <summary>
/// The socket of a connection. Tmds.DBus.Protocol sends each message by itself, keeps without limit what the bus does not take, and reads
/// on meanwhile; here, what is written in one turn goes out together, and nothing is read while the bus takes nothing.
/// </summary>
internal sealed class BusStream(Socket socket) : Stream
{
    private const int StageSize = 64 << 10;

    private readonly Lock _gate = new();
    private readonly byte[] _stage = new byte[StageSize];
    private int _staged;
    private int _secretLength;
    private int _turns;

    /// <summary>Done once the bus has taken what it did not take at once; null if there is nothing of that kind.</summary>
    private volatile Task? _sending;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>From now on, writes wait for <see cref="EndTurn"/>, unless they are large.</summary>
    public void BeginTurn()
    {
        lock (_gate)
        {
            _turns++;
        }
    }

    public void EndTurn()
    {
        lock (_gate)
        {
            if (--_turns == 0 && _sending is null)
            {
                SendStaged();
            }
        }
    }

    /// <summary>Has the buffers overwritten in which a secret has come, when they have been given back. For the code that handles what is read.</summary>
    public void ClearBeforeReading(int length) => _secretLength = Math.Max(_secretLength, length);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_secretLength > 0)
        {
            PooledBuffers.Clear(_secretLength);
            _secretLength = 0;
        }

        while (_sending is { } sending)
        {
            await sending.ConfigureAwait(false);
        }

        return await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_sending is null && buffer.Length > StageSize - _staged)
            {
                SendStaged();
            }

            if (_sending is { } sending)
            {
                return new ValueTask(AfterAsync(sending, buffer));
            }

            if (_turns == 0 || buffer.Length > StageSize / 2)
            {
                SendStaged();
                return _sending is { } other ? new ValueTask(AfterAsync(other, buffer)) : Send(buffer);
            }

            buffer.Span.CopyTo(_stage.AsSpan(_staged));
            _staged += buffer.Length;
            return default;
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task AfterAsync(Task sending, ReadOnlyMemory<byte> buffer)
    {
        await sending.ConfigureAwait(false);
        await WriteAsync(buffer).ConfigureAwait(false);
    }

    private void SendStaged()
    {
        if (_staged > 0)
        {
            int length = _staged;
            _staged = 0;
            ValueTask sent = Send(_stage.AsMemory(0, length));
            if (!sent.IsCompletedSuccessfully)
            {
                _ = sent.AsTask().ContinueWith(static task => task.Exception, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Sends what the bus takes at once; the rest follows, and until then nothing else may.</summary>
    private ValueTask Send(ReadOnlyMemory<byte> data)
    {
        try
        {
            while (data.Length > 0)
            {
                int sent = socket.Send(data.Span, SocketFlags.None, out SocketError error);
                if (error == SocketError.WouldBlock)
                {
                    return new ValueTask(_sending = SendRestAsync(data));
                }

                if (error != SocketError.Success)
                {
                    return ValueTask.FromException(new SocketException((int)error));
                }

                data = data[sent..];
            }

            return default;
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException(e); // the reader hears of it
        }
    }

    private async Task SendRestAsync(ReadOnlyMemory<byte> data)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (data.Length > 0)
            {
                data = data[await socket.SendAsync(data, SocketFlags.None).ConfigureAwait(false)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            socket.Dispose(); // the reader hears of it
        }

        lock (_gate)
        {
            _sending = null;
            if (_turns == 0)
            {
                SendStaged();
            }
        }
    }
}
