using System.Threading.Channels;
using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A flow of events in their order, with the state from which they start. Dispose it to end the flow.</summary>
/// <param name="clients">All clients at the moment before the first event.</param>
/// <param name="events">The events from then on.</param>
/// <param name="unsubscribe">Ends the flow.</param>
/// <remarks>
/// A reader that falls too far behind finds the channel completed with a <see cref="SubscriptionOverflowException"/> and has to
/// subscribe again: events are lost to it alone, and the server's memory stays bounded.
/// </remarks>
public sealed class ServerSubscription(
    IReadOnlyList<ClientSnapshot> clients, ChannelReader<ServerEvent> events, Action unsubscribe) : IDisposable
{
    /// <summary>All clients at the moment before the first event.</summary>
    public IReadOnlyList<ClientSnapshot> Clients { get; } = clients;

    /// <summary>The events from then on; completed when the server stops.</summary>
    public ChannelReader<ServerEvent> Events { get; } = events;

    /// <inheritdoc/>
    public void Dispose() => unsubscribe();
}
