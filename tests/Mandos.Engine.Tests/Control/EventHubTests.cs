using System.Net;
using Mandos.Abstractions.Control;
using Mandos.Engine.Control;

namespace Mandos.Engine.Tests.Control;

public sealed class EventHubTests
{
    private readonly EventHub _hub = new();

    [Fact]
    public async Task Publish_ReaderFallsBehind_EndsItAloneAfterWhatItHas()
    {
        ServerSubscription slow = _hub.Subscribe([], static action => action());
        ServerSubscription quick = _hub.Subscribe([], static action => action());
        var e = new ClientNotFound("K", IPAddress.Loopback);

        for (int i = 0; i <= EventHub.SubscriptionLimit; i++)
        {
            _hub.Publish(e);
            Assert.True(quick.Events.TryRead(out _));
        }

        Assert.Equal(EventHub.SubscriptionLimit, slow.Events.Count);
        while (slow.Events.TryRead(out _))
        {
        }

        await Assert.ThrowsAsync<SubscriptionOverflowException>(() => slow.Events.Completion);
        Assert.True(_hub.HasSubscribers);
        _hub.Publish(e);
        Assert.True(quick.Events.TryRead(out _));
    }

    [Fact]
    public async Task Dispose_Subscription_EndsItsFlow()
    {
        ServerSubscription subscription = _hub.Subscribe([], static action => action());

        subscription.Dispose();
        subscription.Dispose();
        _hub.Publish(new ClientNotFound("K", IPAddress.Loopback));

        Assert.False(_hub.HasSubscribers);
        Assert.False(subscription.Events.TryRead(out _));
        await subscription.Events.Completion;
    }

    [Fact]
    public async Task Complete_Subscriptions_EndAfterWhatTheyHave()
    {
        ServerSubscription subscription = _hub.Subscribe([], static action => action());
        _hub.Publish(new ClientNotFound("K", IPAddress.Loopback));

        _hub.Complete();

        Assert.True(subscription.Events.TryRead(out _));
        await subscription.Events.Completion;
        Assert.False(_hub.HasSubscribers);
    }
}
