using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Debian's mandos-monitor shows our clients, and its keys do with them what its manual page says.</summary>
public sealed class MandosMonitorTests
{
    private const string Monitor = "usr/sbin/mandos-monitor";
    private const string Path = "/clients/machine";

    private readonly TestClient _client = new("machine");

    [Fact]
    public async Task Screen_WithClients_ShowsThemAsTheyChange()
    {
        var disabled = new TestClient("other.example-org");
        await using var scene = await StartServerAsync("", disabled.StanzaWith("enabled = False"));
        await using var terminal = await StartMonitorAsync(scene);

        await terminal.WaitForAsync("machine: (?!DISABLED)");
        await terminal.WaitForAsync("other.example-org: DISABLED");

        await scene.Peer.RequireAsync("/clients/other_example_org", BusPeer.ClientInterface, "Enable");
        await terminal.WaitForAsync("other.example-org: (?!DISABLED)");
        await scene.Peer.RequireAsync(Path, BusPeer.ClientInterface, "Disable");
        await terminal.WaitForAsync("machine: DISABLED");
    }

    [Fact]
    public async Task Keys_OnClient_ChangeIt()
    {
        await using var scene = await StartServerAsync("checker = sleep 1000");
        await using var terminal = await StartMonitorAsync(scene);
        await terminal.WaitForAsync("machine: (?!DISABLED)");

        await terminal.PressAsync("-");
        await terminal.WaitForAsync("machine: DISABLED");
        Assert.Equal("false", await scene.Peer.GetAsync(Path, "Enabled"));

        await terminal.PressAsync("+");
        await terminal.WaitForAsync("machine: (?!DISABLED)");
        Assert.Equal("true", await scene.Peer.GetAsync(Path, "Enabled"));

        await terminal.PressAsync("s");
        await scene.Peer.WaitForAsync("PropertiesChanged('se.recompile.Mandos.Client', {'CheckerRunning': <true>}");
        Assert.Equal("true", await scene.Peer.GetAsync(Path, "CheckerRunning"));

        await terminal.PressAsync("S");
        await scene.Peer.WaitForAsync("PropertiesChanged('se.recompile.Mandos.Client', {'CheckerRunning': <false>}");
        Assert.Equal("false", await scene.Peer.GetAsync(Path, "CheckerRunning"));

        Assert.Equal("''", await scene.Peer.GetAsync(Path, "LastCheckedOK"));
        await terminal.PressAsync("C");
        await scene.Peer.WaitForAsync("PropertiesChanged('se.recompile.Mandos.Client', {'LastCheckedOK': ");

        await terminal.PressAsync("R");
        await scene.Peer.WaitForAsync($"{BusPeer.OldServerInterface}.ClientRemoved(objectpath '{Path}', 'machine')");
        Assert.Equal("([])", await scene.Peer.RequireAsync("/", BusPeer.ServerInterface, "GetAllClients"));
        await _client.RequireRefusalAsync(scene.Server);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("d")]
    public async Task Keys_OnWaitingClient_ApproveOrDenyIt(string key)
    {
        await using var scene = await StartServerAsync("approval_delay = PT1H");
        await using var terminal = await StartMonitorAsync(scene);
        await terminal.WaitForAsync("machine: (?!DISABLED)");

        var fetch = key == "a" ? _client.RequireSecretAsync(scene.Server) : _client.RequireRefusalAsync(scene.Server);
        await scene.Peer.WaitForAsync($"{BusPeer.OldClientInterface}.NeedApproval(");
        await terminal.WaitForAsync(@"\(d\)eny\?");
        await terminal.PressAsync(key);

        await fetch;
    }

    private Task<ServerOnBus> StartServerAsync(string option, params string[] stanzas) => ServerOnBus.StartAsync(
        [_client.StanzaWith("interval = P10D", option), .. stanzas]);

    /// <summary>Without Python's warnings of what will go from it, which would be on the screen.</summary>
    private static Task<Terminal> StartMonitorAsync(ServerOnBus scene) => Terminal.StartAsync(
        scene.Bus, "/usr/bin/python3", "-I", "-W", "ignore", $"{Repository.Peers}/{Monitor}");
}
