using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>The bus comes and goes; secrets flow all the same.</summary>
public sealed class BusLossTests
{
    private const int Losses = 20;
    private const int FetchesWithoutBus = 20;
    private const int ClientsAtOnce = 3;

    [Fact]
    public async Task Bus_KilledManyTimesUnderLoad_DelaysNoSecretAndNamesAreTakenAgain()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await using var server = new TestServer("--debug") { Bus = bus };
        var clients = Enumerable.Range(0, ClientsAtOnce).Select(i => new TestClient($"client{i}")).ToArray();
        // Often, so that the checker has made its descriptors soon: they look like those of connections.
        server.AddClient(string.Join('\n', clients.Select(client => client.StanzaWith("checker = true", "interval = PT1S"))));
        await server.StartAsync();
        await WaitForNamesAsync(server, 1);
        var events = 0;
        using var stop = new CancellationTokenSource();
        var fetched = 0;

        Task fetching = Task.WhenAll(clients.Select(client => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await client.RequireSecretAsync(server);
                Interlocked.Increment(ref fetched);
            }
        })));
        for (var loss = 1; loss <= Losses; loss++)
        {
            await bus.KillAsync();
            await server.Log.WaitForAsync("ERROR", "the connection was lost", loss);
            var before = Volatile.Read(ref fetched);
            await Patience.UntilAsync("secrets flow without the bus",
                () => fetching.IsFaulted || Volatile.Read(ref fetched) >= before + FetchesWithoutBus);
            await bus.RestartAsync();
            await WaitForNamesAsync(server, loss + 1);
            if (loss == Losses / 2)
            {
                events = CountEvents(server.ProcessId); // the runtime has made its own by now
            }
        }

        await stop.CancelAsync();
        await fetching; // each fetch has given the right secret, or this throws

        await using var peer = await BusPeer.ConnectAsync(bus);
        await peer.WaitForServerAsync(server);
        Assert.Equal("true", await peer.GetAsync("/clients/client0", "Enabled"));
        // The thread of a connection closes its descriptors last of all, so that none is left if these are gone. Its name says
        // nothing: threads that the runtime starts from it have the same one at first.
        await Patience.UntilAsync("the descriptors of lost connections are gone", () => CountEvents(server.ProcessId) <= events);
    }

    [Fact]
    public async Task Bus_ComesAfterServer_IsFound()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await bus.KillAsync();
        await using var server = new TestServer("--debug") { Bus = bus };
        var client = new TestClient("client");
        server.AddClient(client.StanzaWith("checker = true"));
        await server.StartAsync();
        await server.Log.WaitForAsync("ERROR", "D-Bus");
        await client.RequireSecretAsync(server);

        await bus.RestartAsync();

        await WaitForNamesAsync(server, 1);
        await using var peer = await BusPeer.ConnectAsync(bus);
        Assert.Equal("'client'", await peer.GetAsync("/clients/client", "Name"));
    }

    private static Task WaitForNamesAsync(TestServer server, int count)
        => server.Log.WaitForAsync("INFO", "On the D-Bus as se.recompile.Mandos", count);

    /// <summary>The descriptors of eventfd(2), of which each connection has one.</summary>
    private static int CountEvents(int process)
        => ProcessFacts.Descriptors(process).Values.Count(target => target.Contains("eventfd", StringComparison.Ordinal));
}
