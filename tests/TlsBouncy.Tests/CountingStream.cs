using Mandos.TestKit;

namespace TlsBouncy.Tests;

/// <summary>Passes all on, at most some bytes at a time, and counts what is read.</summary>
internal sealed class CountingStream(Stream inner, int atMost = int.MaxValue) : ConnectionStream
{
    public long BytesRead { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await inner.ReadAsync(buffer[..Math.Min(buffer.Length, atMost)], cancellationToken);
        BytesRead += count;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        => inner.WriteAsync(buffer, cancellationToken);
}
