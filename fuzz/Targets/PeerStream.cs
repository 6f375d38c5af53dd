using Mandos.TestKit;

namespace Mandos.Fuzz.Targets;

/// <summary>A connection to a peer that sends given bytes and then closes; whatever is written to it is lost. It never waits.</summary>
/// <param name="bytes">What the peer sends.</param>
/// <param name="most">How many bytes it sends at a time.</param>
internal class PeerStream(byte[] bytes, int most) : ConnectionStream
{
    /// <summary>How many bytes the peer has sent.</summary>
    public int Sent { get; private set; }

    /// <summary>The result of what has not had to wait.</summary>
    public static T Completed<T>(ValueTask<T> task)
    {
        Expect.That(task.IsCompleted, "it waits, and there is nothing to wait for");
        return task.GetAwaiter().GetResult();
    }

    public static void Completed(ValueTask task)
    {
        Expect.That(task.IsCompleted, "it waits, and there is nothing to wait for");
        task.GetAwaiter().GetResult();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = Math.Min(Math.Min(buffer.Length, most), bytes.Length - Sent);
        bytes.AsSpan(Sent, count).CopyTo(buffer.Span);
        Sent += count;
        return new(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
}
