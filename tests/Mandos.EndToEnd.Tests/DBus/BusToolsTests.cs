using System.Diagnostics;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>The general tools of D-Bus find their way about our server.</summary>
public sealed class BusToolsTests
{
    private static readonly string[] _clients =
    [
        new TestClient("foo").StanzaWith("interval = P10D", "host = foo.example.org"),
        new TestClient("bar.example-org").StanzaWith("interval = P10D"),
    ];

    [Fact]
    public async Task Busctl_OnServer_ShowsReadsAndChanges()
    {
        await using var scene = await ServerOnBus.StartAsync(_clients);
        string[] server = [BusPeer.Server, "/", BusPeer.ServerInterface];
        string[] foo = [BusPeer.Server, "/clients/foo", BusPeer.ClientInterface];

        var tree = await scene.RequireAsync("busctl", "tree", "--list", BusPeer.Server);
        Assert.Equal(["/", "/clients", "/clients/bar_example_org", "/clients/foo"],
            tree.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

        var introspection = (await scene.RequireAsync("busctl", "introspect", BusPeer.Server, "/clients/foo"))
            .Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Contains("se.recompile.Mandos.Client interface - - -", introspection);
        Assert.Contains(".Approve method b - -", introspection);
        Assert.Contains(".CheckerCompleted signal nxs - -", introspection);
        Assert.Contains(".Host property s \"foo.example.org\" emits-change writable", introspection);
        Assert.Contains(".Name property s \"foo\" const", introspection);

        await scene.RequireAsync("busctl", ["set-property", .. foo, "Timeout", "t", "420000"]);
        Assert.Equal("t 420000\n", await scene.RequireAsync("busctl", ["get-property", .. foo, "Timeout"]));
        await scene.RequireAsync("busctl", ["call", .. foo, "Disable"]);
        Assert.Equal("b false\n", await scene.RequireAsync("busctl", ["get-property", .. foo, "Enabled"]));
        await scene.RequireAsync("busctl", ["call", .. server, "RemoveClient", "o", "/clients/foo"]);
        var clients = await scene.RequireAsync("busctl", ["call", .. server, "GetAllClients"]);
        Assert.Equal("ao 1 \"/clients/bar_example_org\"\n", clients);
    }

    [Fact]
    public async Task BusctlMonitor_DuringChange_ShowsSignal()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a bus lets only root monitor it");
        await using var scene = await ServerOnBus.StartAsync(_clients);
        var start = Command.Describe("busctl", ["monitor", "--json=short", BusPeer.Server]);
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = scene.Bus.Address;
        using var monitor = Process.Start(start)!;
        try
        {
            // It does not say when it has begun: systemd 257 says nothing at all with --json.
            var found = FindAsync(monitor.StandardOutput);
            await Patience.UntilAsync("the signal is shown", async () =>
            {
                await scene.Peer.SetAsync("/clients/foo", "Timeout", "300000");
                await scene.Peer.SetAsync("/clients/foo", "Timeout", "420000");
                return found.IsCompleted;
            });
            await found;
        }
        finally
        {
            monitor.Kill();
            await monitor.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Gdbus_OnServer_ShowsEveryObject()
    {
        await using var scene = await ServerOnBus.StartAsync(_clients);
        string[] server = ["--system", "--dest", BusPeer.Server, "--object-path"];

        var introspection = await scene.RequireAsync("gdbus", ["introspect", .. server, "/", "--recurse"]);
        foreach (var part in new[]
        {
            "node / {", "  node /clients {", "    node /clients/foo {", "    node /clients/bar_example_org {",
            "readwrite s Host = 'foo.example.org';", "readonly o ObjectPath = '/clients/foo';", "readwrite t Timeout = 300000;",
        })
        {
            Assert.Contains(part, introspection, StringComparison.Ordinal);
        }

        await scene.RequireAsync(
            "gdbus", ["call", .. server, "/clients/foo", "--method", $"{BusPeer.ClientInterface}.CheckedOK"]);
        Assert.NotEqual("''", await scene.Peer.GetAsync("/clients/foo", "LastCheckedOK"));
    }

    private static async Task FindAsync(StreamReader output)
    {
        while (true)
        {
            var line = await output.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.NotNull(line);
            using var document = JsonDocument.Parse(line);
            var message = document.RootElement;
            if (message.TryGetProperty("member", out var member) && member.ValueEquals("PropertiesChanged"))
            {
                Assert.Equal("/clients/foo", message.GetProperty("path").GetString());
                // Another timeout also moves the expiry, which comes alone.
                if (message.GetProperty("payload").GetProperty("data")[1].TryGetProperty("Timeout", out var timeout)
                    && timeout.GetProperty("data").GetInt64() == 420_000)
                {
                    return;
                }
            }
        }
    }
}
