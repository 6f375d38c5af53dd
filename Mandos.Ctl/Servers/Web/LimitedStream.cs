namespace Mandos.Ctl.Servers.Web;

/// <summary>What a server sends, as long as it is neither too much nor too slow.</summary>
/// <param name="inner">What it sends.</param>
/// <param name="patience">How long it may send nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitedStream(Stream inner, TimeSpan patience, TimeProvider time) : Stream
{
    /// <summary>How many bytes may still come.</summary>
    public long Allowance { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">It is too much.</exception>
    /// <exception cref="TimeoutException">It is too slow.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Allowance <= 0)
        {
            throw new InvalidDataException("it is too long");
        }

        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            int count = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, Allowance)], both.Token).ConfigureAwait(false);
            Allowance -= count;
            return count;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
