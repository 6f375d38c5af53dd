using System.Net;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Boot;

/// <summary>A server's machine and a client's with a cable between them, and on the server's a bus and Avahi.</summary>
internal sealed class BootSite : IAsyncDisposable
{
    private readonly List<TestServer> _servers = [];

    private BootSite(NetworkLink link, DBusDaemon bus) => (Link, Bus) = (link, bus);

    public NetworkLink Link { get; }

    public DBusDaemon Bus { get; }

    /// <summary>Runs once <see cref="StartAvahiAsync"/> was called.</summary>
    public AvahiDaemon Avahi { get; private set; } = null!;

    /// <summary>Makes all of it but a server; skips the test where that is not allowed.</summary>
    public static async Task<BootSite> CreateAsync()
    {
        BootSite site = await CreateWithoutAvahiAsync();
        await site.StartAvahiAsync();
        return site;
    }

    /// <summary>The same with Avahi to come later.</summary>
    public static async Task<BootSite> CreateWithoutAvahiAsync()
        => new(await NetworkLink.CreateAsync(), await DBusDaemon.StartWithPolicyAsync([AvahiDaemon.Policy]));

    public async Task StartAvahiAsync(params string[] options) => Avahi = await AvahiDaemon.StartAsync(Bus, Link, options);

    /// <summary>Starts a server, on a port that the kernel chooses, which announces itself.</summary>
    /// <param name="client">The client that it serves.</param>
    /// <param name="arguments">Further arguments for its command line.</param>
    public Task<TestServer> StartServerAsync(StockClient client, params string[] arguments)
        => StartServerAsync(client, IPAddress.IPv6Any, arguments);

    /// <summary>The same with lines of mandos.conf.</summary>
    /// <param name="client">The client that it serves.</param>
    /// <param name="options">The lines.</param>
    /// <param name="arguments">Further arguments for its command line.</param>
    public Task<TestServer> StartServerAsync(StockClient client, IReadOnlyList<string> options, params string[] arguments)
        => StartServerAsync(client, IPAddress.IPv6Any, options, arguments);

    /// <summary>The same, listening on one address.</summary>
    /// <param name="client">The client that it serves.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="arguments">Further arguments for its command line.</param>
    public Task<TestServer> StartServerAsync(StockClient client, IPAddress address, params string[] arguments)
        => StartServerAsync(client, address, [], arguments);

    private async Task<TestServer> StartServerAsync(
        StockClient client, IPAddress address, IReadOnlyList<string> options, string[] arguments)
    {
        TestServer server = PrepareServer(client, address, arguments);
        await server.ConfigureAsync([.. options]);
        await server.StartAsync();
        return server;
    }

    /// <summary>Prepares a server that is not started yet.</summary>
    /// <inheritdoc cref="StartServerAsync(StockClient, IPAddress, string[])"/>
    public TestServer PrepareServer(StockClient client, IPAddress address, params string[] arguments)
    {
        var server = new TestServer(["--debug", "--no-dbus", .. arguments])
        {
            Bus = Bus,
            Zeroconf = true,
            NetworkNamespace = Link.ServerNamespace,
            EndPoint = new(address, port: 0),
        };
        _servers.Add(server);
        server.AddClient(client.Stanza);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestServer server in _servers)
        {
            await server.DisposeAsync();
        }

        if (Avahi is not null)
        {
            await Avahi.DisposeAsync();
        }

        await Bus.DisposeAsync();
        await Link.DisposeAsync();
    }
}
