using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Control;

/// <summary>Hands events to all subscriptions, in order. Used on the engine loop alone.</summary>
internal sealed class EventHub
{
    /// <summary>Events that wait for one reader: two for each of 100,000 clients and some more; some 30 MB at worst.</summary>
    internal const int SubscriptionLimit = 1 << 18;

    private readonly List<Channel<ServerEvent>> _subscriptions = [];

    /// <summary>Whether anybody listens; if not, events need not be made.</summary>
    public bool HasSubscribers => _subscriptions.Count > 0;

    /// <param name="clients">The state from which the events start.</param>
    /// <param name="post">Puts work on the engine loop.</param>
    public ServerSubscription Subscribe(IReadOnlyList<ClientSnapshot> clients, Action<Action> post)
    {
        var channel = Channel.CreateBounded<ServerEvent>(new BoundedChannelOptions(SubscriptionLimit) { SingleWriter = true });
        _subscriptions.Add(channel);
        return new ServerSubscription(clients, channel.Reader, () => post(() => Remove(channel, null)));
    }

    public void Publish(ServerEvent serverEvent)
    {
        for (int i = _subscriptions.Count - 1; i >= 0; i--)
        {
            if (!_subscriptions[i].Writer.TryWrite(serverEvent))
            {
                Remove(_subscriptions[i], new SubscriptionOverflowException(SubscriptionLimit));
            }
        }
    }

    /// <summary>Ends all subscriptions.</summary>
    public void Complete()
    {
        foreach (Channel<ServerEvent> channel in _subscriptions)
        {
            channel.Writer.TryComplete();
        }

        _subscriptions.Clear();
    }

    private void Remove(Channel<ServerEvent> channel, Exception? error)
    {
        _subscriptions.Remove(channel);
        channel.Writer.TryComplete(error);
    }
}
