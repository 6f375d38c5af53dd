namespace Mandos.Engine.Protocol;

/// <summary>A stream of which no more than so much is read.</summary>
internal sealed class LimitedStream(Stream rest, int limit) : WrappedStream(rest)
{
    private int _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => Count(await Rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override int Read(byte[] buffer, int offset, int count) => Count(Rest.Read(buffer, offset, count));

    private int Count(int read)
    {
        _read += read;
        return _read <= limit ? read : throw new IOException($"the peer has sent more than {limit} bytes");
    }
}
