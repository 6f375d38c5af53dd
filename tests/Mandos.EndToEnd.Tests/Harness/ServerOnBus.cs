using System.Net;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A server on a bus of its own, with a peer that hears it.</summary>
internal sealed class ServerOnBus : IAsyncDisposable
{
    private ServerOnBus(DBusDaemon bus, TestServer server, BusPeer peer)
    {
        Bus = bus;
        Server = server;
        Peer = peer;
    }

    public DBusDaemon Bus { get; }

    public TestServer Server { get; }

    public BusPeer Peer { get; }

    /// <summary>Starts our server.</summary>
    /// <param name="stanzas">Its clients.conf.</param>
    public static Task<ServerOnBus> StartAsync(params IEnumerable<string> stanzas) => StartAsync(stock: false, stanzas);

    /// <summary>Starts a server; the peer is on the bus before it.</summary>
    /// <param name="stock">Whether it is Debian's.</param>
    /// <param name="stanzas">Its clients.conf.</param>
    public static Task<ServerOnBus> StartAsync(bool stock, params IEnumerable<string> stanzas)
        => StartAsync(stock, new(IPAddress.IPv6Loopback, FreePort.Find()), stanzas);

    /// <summary>Starts our server.</summary>
    /// <param name="endPoint">Where it listens.</param>
    /// <param name="stanzas">Its clients.conf.</param>
    public static Task<ServerOnBus> StartAsync(IPEndPoint endPoint, params IEnumerable<string> stanzas)
        => StartAsync(stock: false, endPoint, stanzas);

    /// <summary>Starts our server on a dbus-broker.</summary>
    /// <param name="stanzas">Its clients.conf.</param>
    public static async Task<ServerOnBus> StartOnBrokerAsync(params IEnumerable<string> stanzas)
        => await StartAsync(await DBusDaemon.StartBrokerAsync(), stock: false, new(IPAddress.IPv6Loopback, FreePort.Find()), stanzas);

    private static async Task<ServerOnBus> StartAsync(bool stock, IPEndPoint endPoint, IEnumerable<string> stanzas)
        => await StartAsync(await DBusDaemon.StartAsync(), stock, endPoint, stanzas);

    private static Task<ServerOnBus> StartAsync(DBusDaemon bus, bool stock, IPEndPoint endPoint, IEnumerable<string> stanzas)
        => StartAsync(
            bus,
            new TestServer(stock ? "--foreground" : "--debug")
            {
                Bus = bus,
                EndPoint = endPoint,
                Program = stock ? Repository.StockServer : Repository.Server,
            },
            stanzas);

    /// <summary>Starts a server.</summary>
    /// <param name="bus">Its bus.</param>
    /// <param name="server">The server, prepared for that bus.</param>
    /// <param name="stanzas">Its clients.conf.</param>
    public static async Task<ServerOnBus> StartAsync(DBusDaemon bus, TestServer server, IEnumerable<string> stanzas)
    {
        BusPeer? peer = null;
        try
        {
            foreach (var stanza in stanzas)
            {
                server.AddClient(stanza);
            }

            peer = await BusPeer.ConnectAsync(bus);
            await server.StartAsync();
            await peer.WaitForServerAsync(server);
            return new(bus, server, peer);
        }
        catch
        {
            await DisposeAsync(bus, server, peer);
            throw;
        }
    }

    /// <summary>Runs a program on the bus to its end.</summary>
    /// <param name="program">Its name, for example mandos-ctl.</param>
    /// <param name="arguments">Its arguments.</param>
    public Task<CommandResult> RunAsync(string program, params IEnumerable<string> arguments)
        => RunWithInputAsync("", program, arguments);

    /// <summary>Runs a program on the bus that must succeed.</summary>
    /// <returns>Its standard output.</returns>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<string> RequireAsync(string program, params IEnumerable<string> arguments)
    {
        var result = await RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} failed ({result.ExitCode}): {result.Errors}");
        return result.Output;
    }

    /// <summary>Runs a program on the bus to its end.</summary>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    public Task<CommandResult> RunWithInputAsync(string input, string program, params IEnumerable<string> arguments)
    {
        var start = Command.Describe(program, arguments);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = Bus.Address;
        return Command.RunAsync(start, input);
    }

    public ValueTask DisposeAsync() => DisposeAsync(Bus, Server, Peer);

    private static async ValueTask DisposeAsync(DBusDaemon bus, TestServer server, BusPeer? peer)
    {
        if (peer is not null)
        {
            await peer.DisposeAsync();
        }

        await server.DisposeAsync();
        await bus.DisposeAsync();
    }
}
