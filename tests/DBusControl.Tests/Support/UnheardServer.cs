using System.Reflection;
using System.Threading.Channels;
using Mandos.Abstractions.Control;

namespace DBusControl.Tests.Support;

/// <summary>A server whose events are under way for ever: a control surface knows its clients as they were, and its commands meet them as they are.</summary>
public class UnheardServer : DispatchProxy
{
    private IMandosServer _server = null!;

    public static IMandosServer Of(IMandosServer server)
    {
        var proxy = Create<IMandosServer, UnheardServer>();
        ((UnheardServer)proxy)._server = server;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        => targetMethod!.Name == nameof(IMandosServer.SubscribeAsync)
            ? new ValueTask<ServerSubscription>(SubscribeAsync((CancellationToken)args![0]!))
            : targetMethod.Invoke(_server, BindingFlags.DoNotWrapExceptions, null, args, null);

    private async Task<ServerSubscription> SubscribeAsync(CancellationToken cancellationToken)
    {
        var subscription = await _server.SubscribeAsync(cancellationToken);
        return new ServerSubscription(subscription.Clients, Channel.CreateUnbounded<ServerEvent>().Reader, subscription.Dispose);
    }
}
