using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>Our mandos-monitor shows over the socket of the web API what happens, and its keys do what its manual page says.</summary>
public sealed class MonitorOverSocketTests
{
    private static readonly string _monitor = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-monitor");

    private readonly TestClient _client = new("machine");

    [Fact]
    public async Task Keys_OnAClient_ChangeIt()
    {
        await using WebSite site = await WebSite.StartAsync([
            _client.StanzaWith("interval = P10D", "checker = sleep 1000"),
            new TestClient("other/ü").StanzaWith("interval = P10D", "enabled = False"),
        ]);
        await using Terminal terminal = await Terminal.StartAsync(null, _monitor, "--socket", site.Socket);
        await terminal.WaitForAsync("> machine +Enabled");
        await terminal.WaitForAsync("  other/ü +DISABLED");

        await terminal.PressAsync("-");
        await terminal.WaitForAsync("machine +DISABLED");
        await terminal.WaitForAsync("machine is disabled");
        await terminal.PressAsync("+");
        await terminal.WaitForAsync("machine +Enabled");
        await terminal.PressAsync("s");
        await terminal.WaitForAsync("machine +Enabled, being checked");
        await terminal.PressAsync("S");
        await terminal.WaitForAsync("machine +Enabled(?!, being)");
        await terminal.PressAsync("C");
        await terminal.WaitForAsync("machine .*seen 0:");

        await terminal.PressAsync("R");
        await terminal.WaitForAsync("> other/ü");
        await terminal.WaitForAsync("machine was removed");
        await terminal.PressAsync("+");
        await terminal.WaitForAsync("> other/ü +Enabled");
        Assert.Equal(["other/ü"], (await site.GetAsync("/api/v1/clients")).GetProperty("clients").EnumerateArray()
            .Select(static client => client.GetProperty("enabled").GetBoolean() ? client.GetProperty("name").GetString() : null));
        await terminal.PressAsync("q");
        await terminal.WaitUntilItEndsAsync();
    }

    [Theory]
    [InlineData("a")]
    [InlineData("d")]
    public async Task Keys_OnWaitingClient_ApproveOrDenyIt(string key)
    {
        await using WebSite site = await WebSite.StartAsync([_client.StanzaWith("interval = P10D", "approval_delay = PT1H")]);
        await using Terminal terminal = await Terminal.StartAsync(null, _monitor, $"--socket={site.Socket}");
        await terminal.WaitForAsync("machine +Enabled");

        Task<PeerOutcome> fetch = _client.FetchAsync(site.Server);
        await terminal.WaitForAsync(@"machine +Approval in .* \(a\)pprove or \(d\)eny\?");
        await terminal.WaitForAsync("machine waits for approval");
        await terminal.PressAsync(key);

        Assert.Equal(key == "a" ? _client.Secret : [], (await fetch).Secret);
        await terminal.WaitForAsync(key == "a" ? "machine received its secret" : "machine was rejected: Denied");
    }

    [Fact]
    public async Task Server_ThatIsStoppedAndStarted_IsWaitedForAndTheSelectionKept()
    {
        await using WebSite site = await WebSite.StartAsync(
            [_client.StanzaWith("interval = P10D"), new TestClient("other").StanzaWith("interval = P10D", "enabled = False")]);
        await using Terminal terminal = await Terminal.StartAsync(null, _monitor, "--socket", site.Socket);
        await terminal.WaitForAsync("> machine +Enabled");
        await terminal.PressAsync("j");
        await terminal.WaitForAsync("> other +DISABLED");

        await site.Server.StopAsync();
        await terminal.WaitForAsync("Mandos clients: 0,");
        await terminal.WaitForAsync("cannot connect to .*; waiting for it");
        await site.Server.StartAsync();

        await terminal.WaitForAsync("Mandos clients: 2,");
        await terminal.WaitForAsync("> other +DISABLED");
        await terminal.PressAsync("+");
        await terminal.WaitForAsync("> other +Enabled");
    }
}
