using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.PluginContracts.Control;

/// <content>Subscriptions to its events.</content>
public sealed partial class InMemoryServer
{
    private readonly List<Channel<ServerEvent>> _subscriptions = [];
    private TaskCompletionSource _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number of subscriptions that are not disposed.</summary>
    public int Subscriptions
    {
        get
        {
            lock (_lock)
            {
                return _subscriptions.Count;
            }
        }
    }

    /// <summary>Waits until there is a subscription.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task SubscribedAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _subscriptions.Count > 0 ? Task.CompletedTask : _subscribed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sends an event to all subscriptions.</summary>
    /// <param name="serverEvent">The event. A client without <see cref="ClientSnapshot.Id"/> in it is the one that has its name.</param>
    public void Publish(ServerEvent serverEvent)
    {
        lock (_lock)
        {
            if (serverEvent is ClientEvent { Client: { Id: 0 } client } aboutIt && _clients.TryGetValue(client.Name, out ClientSnapshot? present))
            {
                serverEvent = aboutIt with { Client = client with { Id = present.Id } };
            }

            foreach (Channel<ServerEvent> subscription in _subscriptions)
            {
                subscription.Writer.TryWrite(serverEvent);
            }
        }
    }

    /// <summary>Ends all subscriptions, as a server does that stops.</summary>
    public void Stop() => EndSubscriptions(null);

    /// <summary>Ends all subscriptions as if their readers had fallen behind.</summary>
    public void Overflow() => EndSubscriptions(new SubscriptionOverflowException(0));

    /// <inheritdoc/>
    public async ValueTask<ServerSubscription> SubscribeAsync(CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            Channel<ServerEvent> channel = Channel.CreateUnbounded<ServerEvent>();
            _subscriptions.Add(channel);
            _subscribed.TrySetResult();
            return new ServerSubscription([.. _clients.Values], channel.Reader, () => Unsubscribe(channel));
        }
    }

    private void Unsubscribe(Channel<ServerEvent> channel)
    {
        lock (_lock)
        {
            _subscriptions.Remove(channel);
            channel.Writer.TryComplete();
        }
    }

    private void EndSubscriptions(Exception? reason)
    {
        lock (_lock)
        {
            foreach (Channel<ServerEvent> subscription in _subscriptions)
            {
                subscription.Writer.TryComplete(reason);
            }

            _subscriptions.Clear();
            _subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
