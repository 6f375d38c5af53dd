namespace Mandos.Notify.Delivery;

/// <summary>A message was not delivered.</summary>
/// <param name="reason">Why, in a line for the log: no secret, no address that holds one, no text that the target chose.</param>
internal sealed class DeliveryException(string reason) : Exception(reason)
{
    /// <summary>Whether another attempt with the same message would fail too.</summary>
    public bool IsFinal { get; init; }

    /// <summary>How long the target wants not to be asked; null if it said nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
