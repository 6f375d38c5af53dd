using System.Runtime.CompilerServices;

namespace Mandos.Engine.Protocol;

/// <summary>
/// The stream that a handshake uses. The handshake computes after it has read something and before it reads or writes again;
/// so a read that is done, or that fails, waits for the turn, and every call to the stream gives it back.
/// </summary>
internal sealed class TurnStream(Stream rest, HandshakeTurns.Turn turn) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        turn.Give();
        ValueTask<int> read = rest.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully && (buffer.IsEmpty || turn.TryTake())
            ? read
            : ReadAsync(read, isWait: buffer.IsEmpty, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        turn.Give();
        return rest.Read(buffer, offset, count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        turn.Give();
        return rest.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        turn.Give();
        rest.Write(buffer, offset, count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        turn.Give();
        return rest.FlushAsync(cancellationToken);
    }

    public override void Flush() => rest.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(ValueTask<int> read, bool isWait, CancellationToken cancellationToken)
    {
        int count;
        try
        {
            count = await read.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await turn.TakeAsync(cancellationToken).ConfigureAwait(false); // to deal with it
            throw;
        }

        if (!isWait)
        {
            await turn.TakeAsync(cancellationToken).ConfigureAwait(false);
        }

        return count;
    }
}
