using System.Runtime.CompilerServices;

namespace Mandos.Engine.Protocol;

/// <summary>
/// The stream that a handshake uses. The handshake computes after it has read something and before it reads or writes again;
/// so a read that is done, or that fails, waits for the turn, and every call to the stream gives it back.
/// </summary>
internal sealed class TurnStream(Stream rest, HandshakeTurns.Turn turn) : WrappedStream(rest)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        turn.Give();
        ValueTask<int> read = Rest.ReadAsync(buffer, cancellationToken);
        return read.IsCompletedSuccessfully && (buffer.IsEmpty || turn.TryTake())
            ? read
            : ReadAsync(read, isWait: buffer.IsEmpty, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        turn.Give();
        return Rest.Read(buffer, offset, count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        turn.Give();
        return Rest.WriteAsync(buffer, cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        turn.Give();
        Rest.Write(buffer, offset, count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        turn.Give();
        return Rest.FlushAsync(cancellationToken);
    }

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
