namespace Mandos.Engine.Tests.Model;

internal sealed class ModelDeadline
{
    private static long _last;

    /// <summary>Milliseconds since the test began; null: not set.</summary>
    public long? At { get; private set; }

    /// <summary>Which of several at the same time was set first.</summary>
    public long Order { get; private set; }

    public void Set(long at) => (At, Order) = (at, Interlocked.Increment(ref _last));

    /// <summary>Has it come after all others of its time.</summary>
    public void SetAgain()
    {
        if (At is { } at)
        {
            Set(at);
        }
    }

    public void Clear() => At = null;
}
