namespace Mandos.Notify.Delivery;

/// <summary>A token bucket: <see cref="DeliveryLimits.Burst"/> messages at once, and then one every <see cref="DeliveryLimits.Interval"/>. Not thread-safe.</summary>
internal sealed class RateLimit(TimeProvider time)
{
    private double _tokens = DeliveryLimits.Burst;
    private long _counted = time.GetTimestamp();

    /// <summary>How many messages may go now.</summary>
    public int Free
    {
        get
        {
            long now = time.GetTimestamp();
            _tokens = Math.Min(DeliveryLimits.Burst, _tokens + (time.GetElapsedTime(_counted, now) / DeliveryLimits.Interval));
            _counted = now;
            return (int)_tokens;
        }
    }

    /// <summary>Waits until a message may go.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (Free == 0)
        {
            // A little more, so that rounding does not make it come again
            await Task.Delay((DeliveryLimits.Interval * (1 - _tokens)) + TimeSpan.FromMilliseconds(1), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Notes that a message goes.</summary>
    public void Spend() => _tokens--;
}
