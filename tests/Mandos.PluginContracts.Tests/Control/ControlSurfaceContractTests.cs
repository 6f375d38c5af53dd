using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;

namespace Mandos.PluginContracts.Tests.Control;

public sealed class ControlSurfaceContractTests : ContractTestsOf<ControlSurfaceContractTests, IControlSurface>, IContractKind<IControlSurface>
{
    private static readonly Task _never = new TaskCompletionSource().Task;

    private static readonly Fault<Func<ContractContext, IControlSurface>>[] _faults =
    [
        .. ContractTests.CommonFaults<IControlSurface>(
            _ => new FakeControlSurface((server, token) => WatchAsync(server, token)),
            _ => new FakeControlSurface((server, token) => WatchAsync(server, token)) { Disposed = ContractTests.Once() }),
        new("ends silently", "runs until cancelled", _ => new FakeControlSurface((_, _) => Task.CompletedTask)),
        new("ignores cancellation", "runs until cancelled", _ => new FakeControlSurface((_, _) => _never)),
        new("runs once", "can be run again", RunsOnce),
        new("looks at cancellation later", "ends when cancelled before it began",
            _ => new FakeControlSurface((server, token) => token.IsCancellationRequested ? _never : WatchAsync(server, token))),
        new("knows only clients' events", "survives every event",
            context => new FakeControlSurface((server, token) => WatchAsync(server, token, seen: e => _ = ((ClientEvent)e).Client))),
        new("wants a host", "takes odd clients",
            context => new FakeControlSurface(
                (server, token) => WatchAsync(server, token, listed: client => _ = client.Settings.Host[0]))),
        new("stays subscribed", "gives up its subscriptions at the end",
            _ => new FakeControlSurface((server, token) => WatchAsync(server, token, unsubscribe: false))),
        new("hides the server's failure", "does not end silently when the server fails it",
            _ => new FakeControlSurface(async (server, token) =>
            {
                try
                {
                    await WatchAsync(server, token);
                }
                catch (InvalidOperationException)
                {
                }
            })),
        new("waits for the server at any price", "ends when cancelled while the server does not answer",
            _ => new FakeControlSurface((server, _) => server.GetClientsAsync(CancellationToken.None).AsTask())),
        new("knows a hundred clients", "takes a thousand clients, and a thousand events", KnowsAHundred),
        new("is content with what it has seen", "subscribes again, or fails, when it has fallen behind",
            _ => new FakeControlSurface(async (server, token) =>
            {
                try
                {
                    await WatchAsync(server, token);
                }
                catch (SubscriptionOverflowException)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                }
            })),
        new("misses events", "takes the end of the server's events for no failure",
            _ => new FakeControlSurface(async (server, token) =>
            {
                await WatchAsync(server, token);
                throw new InvalidOperationException("there are no events");
            })),
    ];

    [Theory]
    [MemberData(nameof(Checks))]
    public Task Check_SurfaceWithoutBus_Passes(string check) => ContractTests.PassesAsync(
        ControlSurfaceContract.Checks(_ => new FakeControlSurface((_, _) => throw new IOException("there is no bus"))), check);

    public static IReadOnlyList<Fault<Func<ContractContext, IControlSurface>>> AllFaults => _faults;

    public static IControlSurface Sound(ContractContext context) => new FakeControlSurface((server, token) => WatchAsync(server, token));

    public static IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, IControlSurface> create, ContractLimits? limits)
        => ControlSurfaceContract.Checks(create, limits);

    private static async Task WatchAsync(
        IMandosServer server,
        CancellationToken cancellationToken,
        Action<ClientSnapshot>? listed = null,
        Action<ServerEvent>? seen = null,
        bool unsubscribe = true)
    {
        ServerSubscription subscription = await server.SubscribeAsync(cancellationToken);
        try
        {
            foreach (ClientSnapshot client in subscription.Clients)
            {
                listed?.Invoke(client);
            }

            await foreach (ServerEvent e in subscription.Events.ReadAllAsync(cancellationToken))
            {
                seen?.Invoke(e);
            }
        }
        finally
        {
            if (unsubscribe)
            {
                subscription.Dispose();
            }
        }
    }

    private static FakeControlSurface KnowsAHundred(ContractContext context)
    {
        HashSet<string> known = [];
        return new FakeControlSurface((server, token) => WatchAsync(
            server, token, seen: e => Assert.True(known.Add(((ClientEvent)e).Client.Name) && known.Count <= 100)));
    }

    private static FakeControlSurface RunsOnce(ContractContext context)
    {
        bool ran = false;
        return new FakeControlSurface((server, token) =>
        {
            bool first = !ran;
            ran = true;
            return first ? WatchAsync(server, token) : Task.CompletedTask;
        });
    }
}
