using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>More clients than a message of the bus has room for.</summary>
public sealed class ManyClientsTests
{
    private const int Clients = 30_000;

    [Fact]
    public async Task GetManagedObjects_TooLargeForTheBus_IsRefusedAndServerStaysOnTheBus()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await using var server = new TestServer("--debug") { Bus = bus };
        server.AddClient("[DEFAULT]\ninterval = P1D\ntimeout = P2D\nsecret = c2VjcmV0\n" + string.Concat(
            Enumerable.Range(0, Clients).Select(i => $"[client{i}]\nkey_id = {i:X64}\n")));
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", $"On the D-Bus as se.recompile.Mandos, with {Clients} clients");
        await using var peer = await BusPeer.ConnectAsync(bus);
        await peer.WaitForServerAsync(server);
        var owner = await OwnerAsync(peer);

        var reply = await peer.CallAsync("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");

        Assert.Equal("org.freedesktop.DBus.Error.LimitsExceeded", reply.Error);
        Assert.Contains($"{Clients}", reply.Body, StringComparison.Ordinal);
        Assert.Equal($"'client{Clients - 1}'", await peer.GetAsync($"/clients/client{Clients - 1}", "Name"));
        Assert.Equal(owner, await OwnerAsync(peer));
        Assert.Equal(0, server.Log.Count("ERROR", "D-Bus"));
    }

    private static async Task<string> OwnerAsync(BusPeer peer)
        => (await peer.CallAsync("/org/freedesktop/DBus", BusPeer.Bus, "GetNameOwner", $"('{BusPeer.Server}',)", BusPeer.Bus)).Body;
}
