using System.Net;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>A real server that shares its state with others, under a host name of its own, with a bus and a peer on that.</summary>
internal sealed class SharingServer : IAsyncDisposable
{
    private SharingServer(string name, DBusDaemon bus, TestServer server) => (Name, Bus, Server) = (name, bus, server);

    /// <summary>Its host name, by which the others know it.</summary>
    public string Name { get; }

    public DBusDaemon Bus { get; }

    public TestServer Server { get; }

    /// <summary>Calls it by D-Bus, once it was started.</summary>
    public BusPeer Peer { get; private set; } = null!;

    /// <summary>Prepares one that is not started yet; skips the test where it may have no host name of its own.</summary>
    /// <param name="name">Its host name.</param>
    /// <param name="hosts">Where PostgreSQL is, as in plugins.yaml.</param>
    /// <param name="stanzas">Its clients.</param>
    public static async Task<SharingServer> PrepareAsync(string name, string hosts, params IEnumerable<string> stanzas)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a host name of its own needs root");
        DBusDaemon bus = await DBusDaemon.StartAsync();
        var server = new TestServer("--debug")
        {
            Bus = bus,
            EndPoint = new(IPAddress.IPv6Loopback, FreePort.Find()),
            Wrapper = ["unshare", "--uts", "sh", "-ec", "hostname \"$0\"; exec \"$@\"", name],
        };
        await File.WriteAllTextAsync(
            Path.Combine(server.ConfigDirectory, "plugins.yaml"),
            $"""
            store: postgres
            plugins:
              StatePostgres:
                settings:
                  hosts: {hosts}
            """,
            TestContext.Current.CancellationToken);
        server.AddClient(string.Join('\n', stanzas));
        return new(name, bus, server);
    }

    /// <summary>Starts it, again too, and waits until it is on the bus and may give secrets.</summary>
    public async Task StartAsync()
    {
        Peer ??= await BusPeer.ConnectAsync(Bus);
        await Server.StartAsync();
        await Peer.WaitForServerAsync(Server);
    }

    /// <summary>Calls a method of a client, as mandos-ctl does, which must succeed.</summary>
    public Task<string> RequireAsync(string client, string method, string arguments = "()")
        => Peer.RequireAsync($"/clients/{client}", BusPeer.ClientInterface, method, arguments);

    public async ValueTask DisposeAsync()
    {
        if (Peer is not null)
        {
            await Peer.DisposeAsync();
        }

        await Server.DisposeAsync();
        await Bus.DisposeAsync();
    }
}
