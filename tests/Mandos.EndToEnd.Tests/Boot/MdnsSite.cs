using System.Net;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Boot;

/// <summary>A server's machine without Avahi, whose server announces itself, and a cable to another machine where Avahi looks.</summary>
internal sealed class MdnsSite : IAsyncDisposable
{
    private DBusDaemon? _observersBus;

    private MdnsSite(BootSite site) => Site = site;

    public BootSite Site { get; }

    public NetworkLink Link => Site.Link;

    /// <summary>Avahi on the other machine.</summary>
    public AvahiDaemon Observer { get; private set; } = null!;

    /// <summary>Makes it; skips the test where that is not allowed.</summary>
    public static async Task<MdnsSite> CreateAsync()
    {
        MdnsSite site = await CreateWithoutObserverAsync();
        site._observersBus = await DBusDaemon.StartWithPolicyAsync([AvahiDaemon.Policy]);
        site.Observer = await AvahiDaemon.StartAsync(site._observersBus, site.Link.ClientNamespace, "observer");
        return site;
    }

    /// <summary>The same with no Avahi anywhere.</summary>
    public static async Task<MdnsSite> CreateWithoutObserverAsync() => new(await BootSite.CreateWithoutAvahiAsync());

    /// <summary>Starts a server that announces itself without Avahi.</summary>
    /// <param name="client">The client that it serves.</param>
    /// <param name="arguments">Further arguments for its command line.</param>
    public Task<TestServer> StartServerAsync(StockClient client, params string[] arguments)
        => StartServerAsync(client, IPAddress.IPv6Any, arguments);

    /// <inheritdoc cref="StartServerAsync(StockClient, string[])"/>
    public async Task<TestServer> StartServerAsync(StockClient client, IPAddress address, params string[] arguments)
    {
        TestServer server = await PrepareServerAsync(client, address, arguments);
        await server.StartAsync();
        return server;
    }

    /// <summary>Prepares one that is not started yet.</summary>
    /// <inheritdoc cref="StartServerAsync(StockClient, string[])"/>
    public async Task<TestServer> PrepareServerAsync(StockClient client, IPAddress address, params string[] arguments)
    {
        TestServer server = Site.PrepareServer(client, address, arguments);
        await WritePluginsAsync(server, "  AvahiAnnouncer:", "    enabled: false", "  MdnsAnnouncer:");
        return server;
    }

    /// <summary>Writes plugins.yaml.</summary>
    public static Task WritePluginsAsync(TestServer server, params string[] lines) => File.WriteAllLinesAsync(
        Path.Combine(server.ConfigDirectory, "plugins.yaml"), ["plugins:", .. lines]);

    public async ValueTask DisposeAsync()
    {
        if (_observersBus is not null)
        {
            await Observer.DisposeAsync();
            await _observersBus.DisposeAsync();
        }

        await Site.DisposeAsync();
    }
}
