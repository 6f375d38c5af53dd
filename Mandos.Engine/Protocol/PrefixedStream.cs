namespace Mandos.Engine.Protocol;

/// <summary>A stream whose first bytes have been read already.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : WrappedStream(rest)
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_prefix.IsEmpty)
        {
            return Rest.ReadAsync(buffer, cancellationToken);
        }

        int length = Math.Min(buffer.Length, _prefix.Length);
        _prefix[..length].CopyTo(buffer);
        _prefix = _prefix[length..];
        return ValueTask.FromResult(length);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_prefix.IsEmpty)
        {
            return Rest.Read(buffer, offset, count);
        }

        int length = Math.Min(count, _prefix.Length);
        _prefix[..length].CopyTo(buffer.AsMemory(offset));
        _prefix = _prefix[length..];
        return length;
    }
}
