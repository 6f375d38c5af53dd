using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests;

/// <summary>The engine with its loop running, from many threads at once.</summary>
public sealed class EngineConcurrencyTests
{
    private const string Steady = "steady"; // enabled, never asked about
    private const string Disabled = "disabled"; // all the time
    private const string Busy = "busy"; // everything happens to it

    [Fact]
    public async Task Engine_ConnectionsAndCommandsFromAllSides_KeepsItsPromisesAndLeaksNothing()
    {
        const int threads = 4;
        const int each = 400;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        int seed = Random.Shared.Next();
        var tls = new FakeTls();
        var store = new FakeStore();
        var log = new TestLog();
        var checker = new FakeChecker();
        checker.Plan(Busy, CheckMode.Hangs);
        ClientDefinition[] definitions =
        [
            EngineRig.Define(Steady),
            EngineRig.Define(Disabled, enabled: false),
            EngineRig.Define(Busy,
                static s => s with { ApprovalDelay = TimeSpan.FromMinutes(1), ApprovalDuration = TimeSpan.Zero, ApproveAll = true }),
        ];
        using var engine = new MandosEngine(
            new EngineOptions { MaxRequestsPerClient = threads * each }, tls, store, new Dictionary<string, IChecker> { [ClientDefinition.StandardChecker] = checker },
                TimeProvider.System, log);
        await engine.StartAsync(new ClientConfiguration(definitions), cancellation);
        using ServerSubscription events = await engine.Server.SubscribeAsync(cancellation);
        Task<int> pending = FollowPendingAsync(events);
        (string Name, FakePeer Peer)[][] peers = new (string, FakePeer)[threads][];

        await Task.WhenAll(Enumerable.Range(0, threads).Select(t => Task.Run(async () =>
        {
            var random = new Random(seed + t);
            peers[t] = new (string, FakePeer)[each];
            for (int i = 0; i < each; i++)
            {
                string name = new[] { Steady, Disabled, Busy, Busy }[random.Next(4)];
                FakePeer peer = new FakePeer("192.0.2." + random.Next(9))
                    .SendHello().Authenticate(EngineRig.PublicKey(name)).TakeSecret();
                tls.Add(peer);
                peers[t][i] = (name, peer);
                engine.Serve(peer);
                switch (random.Next(12))
                {
                    case 0:
                        await engine.Server.ApproveAsync(Busy, random.Next(2) == 0, EngineRig.Person, cancellation);
                        break;
                    case 1:
                        await engine.Server.DisableAsync(Busy, EngineRig.Person, cancellation);
                        break;
                    case 2 or 3:
                        await engine.Server.EnableAsync(Busy, EngineRig.Person, cancellation);
                        break;
                    case 4:
                        await engine.Server.StartCheckerAsync(Busy, EngineRig.Person, cancellation);
                        break;
                    case 5:
                        await engine.Server.StopCheckerAsync(Busy, EngineRig.Person, cancellation);
                        break;
                    case 6:
                        await engine.Server.SetSecretAsync(Busy, Encoding.ASCII.GetBytes("busy " + i), EngineRig.Person, cancellation);
                        break;
                    case 7 when name == Busy:
                        peer.GoAway();
                        break;
                    case 8 when name == Busy:
                        peer.Gone.TrySetException(new InvalidOperationException("a fault"));
                        break;
                    case 9:
                        await engine.Server.ChangeAsync(Busy, ClientChange.Of(ClientSetting.Host, "host " + i), EngineRig.Person, cancellation);
                        break;
                }
            }
        }, cancellation)));
        await engine.Server.DisableAsync(Busy, EngineRig.Person, cancellation);
        while ((await engine.Server.GetClientsAsync(cancellation)).Any(static client => client.ApprovalsPending > 0)
            || !peers.All(static some => some.All(static one => one.Peer.IsDisposed)))
        {
            await Task.Yield();
        }

        Secret secret = engine.Parts.Clients.Get(Busy).Secret;
        await engine.StopAsync(cancellation);
        engine.Dispose();

        Assert.All(peers.SelectMany(static some => some), one =>
        {
            string? got = one.Peer.Received is { } bytes ? Encoding.ASCII.GetString(bytes) : null;
            Assert.True(one.Name switch
            {
                Steady => got == EngineRig.FileSecret(Steady),
                Disabled => got is null,
                _ => got is null || got == EngineRig.FileSecret(Busy) || got.StartsWith("busy ", StringComparison.Ordinal),
            }, $"seed {seed}: {one.Name} got {got}");
        });
        Assert.Equal(0, await pending);
        Assert.Empty(engine.Parts.Connections.Table.All);
        Assert.True(checker.MostAtOnce <= 1);
        Assert.False(store.Overlapped);
        Assert.False(store[Busy]!.Client!.Enabled);
        Assert.DoesNotContain(log.Lines, static line => line.Level >= LogLevel.Critical);
        Assert.All([.. definitions.Select(static d => d.Secret), secret],
            static s => Assert.Equal(-1, s.Memory.Span.IndexOfAnyExcept((byte)0)));
    }

    /// <summary>The number of clients that are said to have approvals pending, at the end.</summary>
    private static async Task<int> FollowPendingAsync(ServerSubscription events)
    {
        HashSet<string> pending = [];
        await foreach (ServerEvent e in events.Events.ReadAllAsync(CancellationToken.None))
        {
            if (e is ClientPropertyChanged change && change.Property == ClientProperty.ApprovalPending)
            {
                bool changed = change.Client.ApprovalsPending > 0 ? pending.Add(change.Client.Name)
                    : pending.Remove(change.Client.Name);
                Assert.True(changed, "told what was so already");
            }
        }

        return pending.Count;
    }
}
