using System.Net;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>Real servers that share their state in a real PostgreSQL, each with a name and a bus of its own. Only root can give them names.</summary>
internal sealed class SharedSite : IAsyncDisposable
{
    private readonly List<ServerOnBus> _servers = [];

    private SharedSite(PostgresServer database) => Database = database;

    public PostgresServer Database { get; }

    public ServerOnBus A => _servers[0];

    public ServerOnBus B => _servers[1];

    /// <summary>Starts a database.</summary>
    public static async Task<SharedSite> StartAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a server has the name of its machine, which only root may change");
        var site = new SharedSite(await PostgresServer.StartAsync());
        try
        {
            await MandosDatabase.PrepareAsync(site.Database);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a database with servers a and b, which have the same clients.</summary>
    /// <param name="stanzas">Their clients.conf.</param>
    public static async Task<SharedSite> StartTwoAsync(params string[] stanzas)
    {
        SharedSite site = await StartAsync();
        try
        {
            await site.AddAsync("a", stanzas);
            await site.AddAsync("b", stanzas);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Has a server use the database.</summary>
    public static Task UseAsync(TestServer server, PostgresServer database) => File.WriteAllTextAsync(
        Path.Combine(server.ConfigDirectory, "plugins.yaml"),
        $"""
        store: postgres
        plugins:
          StatePostgres:
            settings:
              hosts: {database.SocketDirectory}

        """);

    /// <summary>Starts a server.</summary>
    /// <param name="name">What its machine is called.</param>
    /// <param name="stanzas">Its clients.conf.</param>
    public Task<ServerOnBus> AddAsync(string name, params IEnumerable<string> stanzas) => PrepareAsync(name, stanzas, static _ => Task.CompletedTask);

    /// <summary>Starts a server after something else.</summary>
    /// <param name="name">What its machine is called.</param>
    /// <param name="stanzas">Its clients.conf.</param>
    /// <param name="prepare">What comes before.</param>
    public async Task<ServerOnBus> PrepareAsync(string name, IEnumerable<string> stanzas, Func<TestServer, Task> prepare)
    {
        DBusDaemon bus = await DBusDaemon.StartAsync();
        var server = new TestServer("--debug")
        {
            Bus = bus,
            EndPoint = new IPEndPoint(IPAddress.IPv6Loopback, FreePort.Find()),
            Wrapper = ["unshare", "--uts", "sh", "-c", $"hostname {name}; exec \"$@\"", "sh"],
        };
        await UseAsync(server, Database);
        await prepare(server);
        ServerOnBus started = await ServerOnBus.StartAsync(bus, server, stanzas);
        _servers.Add(started);
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ServerOnBus server in _servers)
        {
            await server.DisposeAsync();
        }

        await Database.DisposeAsync();
    }
}
