using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests;

/// <summary>After a power cut all machines boot at once.</summary>
public sealed class LoadTests
{
    private const int Clients = 5_000;

    [Fact]
    public async Task Fetch_ByThousandsAtOnce_GivesEachItsOwnSecret()
    {
        var clients = Enumerable.Range(0, Clients).Select(i => new TestClient($"client{i}")).ToArray();
        await using var server = new TestServer("--foreground");
        server.AddClient(string.Join('\n', clients.Select(client => client.StanzaWith("checker = true"))));
        await server.ConfigureAsync($"max_connections_per_address = {Clients}");
        await server.StartAsync();

        var outcomes = await Task.WhenAll(clients.Select(client => client.FetchAsync(server)));

        Assert.DoesNotContain(outcomes, outcome => outcome.Ending != PeerEnding.CloseNotify);
        Assert.All(clients.Zip(outcomes), pair => Assert.Equal(pair.First.Secret, pair.Second.Secret));
    }
}
