namespace Mandos.Abstractions.Control;

/// <summary>The reader of a subscription fell too far behind and lost events; it has to subscribe again.</summary>
/// <param name="limit">How many unread events the server keeps for one subscription.</param>
public sealed class SubscriptionOverflowException(int limit)
    : Exception($"more than {limit} events were waiting to be read; subscribe again");
