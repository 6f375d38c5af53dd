using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>Our mandos-monitor shows the clients of either server, and its keys do with them what its manual page says.</summary>
public sealed class OwnMandosMonitorTests
{
    private const string Path = "/clients/machine";

    private static readonly string _monitor = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Repository.Server)!, "mandos-monitor");

    private readonly TestClient _client = new("machine");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keys_OnClientOfEitherServer_ChangeIt(bool stockServer)
    {
        var other = new TestClient("other.example-org");
        await using var scene = await ServerOnBus.StartAsync(
            stockServer,
            _client.StanzaWith("interval = P10D", "checker = sleep 1000", "fingerprint = " + new string('1', 40)),
            other.StanzaWith("interval = P10D", "enabled = False", "fingerprint = " + new string('2', 40)));
        await using var terminal = await Terminal.StartAsync(scene.Bus, _monitor);
        await terminal.WaitForAsync("> machine +Enabled");
        await terminal.WaitForAsync("  other.example-org +DISABLED");

        await terminal.PressAsync("-");
        await terminal.WaitForAsync("machine +DISABLED");
        await terminal.WaitForAsync("machine is disabled");
        Assert.Equal("false", await scene.Peer.GetAsync(Path, "Enabled"));

        await terminal.PressAsync("+");
        await terminal.WaitForAsync("machine +Enabled");
        Assert.Equal("true", await scene.Peer.GetAsync(Path, "Enabled"));

        await terminal.PressAsync("s");
        await terminal.WaitForAsync("machine +Enabled, being checked");
        Assert.Equal("true", await scene.Peer.GetAsync(Path, "CheckerRunning"));

        await terminal.PressAsync("S");
        await terminal.WaitForAsync("machine +Enabled(?!, being)");
        Assert.Equal("false", await scene.Peer.GetAsync(Path, "CheckerRunning"));

        await terminal.PressAsync("C");
        await terminal.WaitForAsync("machine .*seen 0:");

        await terminal.PressAsync("R");
        await terminal.WaitForAsync("> other.example-org");
        await terminal.WaitForAsync("Mandos clients: 1,");
        Assert.Contains("'/clients/other_example_org'", await scene.Peer.RequireAsync("/", BusPeer.ServerInterface, "GetAllClients"), StringComparison.Ordinal);
        Assert.Equal("false", await scene.Peer.GetAsync("/clients/other_example_org", "Enabled"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("d")]
    public async Task Keys_OnWaitingClient_ApproveOrDenyIt(string key)
    {
        await using var scene = await ServerOnBus.StartAsync([_client.StanzaWith("interval = P10D", "approval_delay = PT1H")]);
        await using var terminal = await Terminal.StartAsync(scene.Bus, _monitor);
        await terminal.WaitForAsync("machine +Enabled");

        var fetch = key == "a" ? _client.RequireSecretAsync(scene.Server) : _client.RequireRefusalAsync(scene.Server);
        await terminal.WaitForAsync(@"machine +Approval in .* \(a\)pprove or \(d\)eny\?");
        await terminal.WaitForAsync("machine waits for approval");
        await terminal.PressAsync(key);

        await fetch;
        await terminal.WaitForAsync(key == "a" ? "machine received its secret" : "machine was rejected");
    }

    [Fact]
    public async Task Screen_WithManyClients_IsSortedFilteredAndScrolled()
    {
        var stanzas = string.Join('\n', Enumerable.Range(0, 10_000).Select(i => $"""
            [c{i:00000}]
            key_id = {i:x64}
            host = host{9_999 - i:00000}
            enabled = {i != 7777}
            """));
        await using var scene = await ServerOnBus.StartAsync(
            "[DEFAULT]\nchecker = true\ninterval = P10D\nsecret = c2VjcmV0\n" + stanzas);
        await using var terminal = await Terminal.StartAsync(scene.Bus, _monitor);
        await terminal.WaitForAsync("Mandos clients: 10,000, 0 waiting, 0 failing, 1 disabled");
        await terminal.WaitForAsync("> c00000 ");

        for (var i = 0; i < 50; i++)
        {
            await terminal.PressAsync("NPage");
        }

        await terminal.WaitForAsync("> c0[1-9]");
        await terminal.PressAsync("G");
        await terminal.WaitForAsync("> c09999 ");
        await terminal.PressAsync("o", "o", "g");
        await terminal.WaitForAsync("by host");
        await terminal.WaitForAsync("> c09999 .*host00000");
        await terminal.PressAsync("/", "d", "i", "s", "a", "b", "l", "e", "d", "Enter");
        await terminal.WaitForAsync("> c07777 +DISABLED");
        await terminal.WaitForAsync("Mandos clients: 1 of 10,000");
        await terminal.PressAsync("+");
        await terminal.WaitForAsync("Mandos clients: 0 of 10,000, 0 waiting, 0 failing, 0 disabled");
        await terminal.PressAsync("Escape");
        await terminal.WaitForAsync("> c0");
    }

    [Fact]
    public async Task Server_ThatIsStoppedAndStarted_IsWaitedFor()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await using var terminal = await Terminal.StartAsync(bus, _monitor);
        await terminal.WaitForAsync("no Mandos server on the system bus; waiting for it");

        await using (var server = new TestServer("--debug") { Bus = bus })
        {
            server.AddClient(_client.StanzaWith("interval = P10D"));
            await server.StartAsync();
            await terminal.WaitForAsync("> machine +Enabled");
        }

        await terminal.WaitForAsync("Mandos clients: 0,");
        await terminal.WaitForAsync("no Mandos server on the system bus; waiting for it");
        await terminal.PressAsync("q");
        await terminal.WaitUntilItEndsAsync();
    }

    [Fact]
    public async Task Bus_ThatIsLostAndBack_IsWaitedForAndTheSelectionKept()
    {
        await using var scene = await ServerOnBus.StartAsync(
            _client.StanzaWith("interval = P10D"), new TestClient("other").StanzaWith("interval = P10D", "enabled = False"));
        await using var terminal = await Terminal.StartAsync(scene.Bus, _monitor);
        await terminal.WaitForAsync("> machine +Enabled");
        await terminal.PressAsync("j");
        await terminal.WaitForAsync("> other +DISABLED");

        await scene.Bus.KillAsync();
        await terminal.WaitForAsync("Mandos clients: 0,");
        await terminal.WaitForAsync("system bus.*; waiting for it");
        await scene.Bus.RestartAsync();

        await terminal.WaitForAsync("Mandos clients: 2,");
        await terminal.WaitForAsync("> other +DISABLED");
        await terminal.PressAsync("+");
        await terminal.WaitForAsync("> other +Enabled");
    }

    [Fact]
    public async Task Window_OfAnySize_IsFilledAndKeysWork()
    {
        await using var scene = await ServerOnBus.StartAsync(_client.StanzaWith("interval = P10D"));
        await using var terminal = await Terminal.StartAsync(scene.Bus, _monitor);
        await terminal.WaitForAsync("> machine +Enabled .*never seen");

        foreach (var (width, height) in new[] { (20, 5), (5, 3), (2, 2), (1, 1) })
        {
            await terminal.ResizeAsync(width, height);
            await terminal.WaitForAsync(@"\A" + Regex.Escape("Mandos clients: 1, 0"[..width].TrimEnd()));
        }

        await terminal.PressAsync("-");
        await scene.Peer.WaitForAsync("{'Enabled': <false>}");
        await terminal.ResizeAsync(200, 50);
        await terminal.WaitForAsync("> machine +DISABLED .*never seen");
        await terminal.WaitForAsync("machine is disabled");
    }

    [Fact]
    public async Task Names_OfAnyCharacters_AreShownHarmlesslyInAnyLocale()
    {
        await using var scene = await ServerOnBus.StartAsync(
            new TestClient("ü€").StanzaWith("interval = P10D"), new TestClient("x\x1b[2J\u202ey").StanzaWith("interval = P10D"));
        foreach (var locale in new[] { "C", "C.UTF-8" })
        {
            await using var terminal = await Terminal.StartAsync(scene.Bus, "/usr/bin/env", $"LC_ALL={locale}", _monitor);
            await terminal.WaitForAsync("  ü€ +Enabled");
            await terminal.WaitForAsync("> x\ufffd\\[2J\ufffdy +Enabled");
        }
    }

    [Fact]
    public async Task Program_StoppedAndContinued_GivesTheScreenBackMeanwhile()
    {
        await using var scene = await ServerOnBus.StartAsync(_client.StanzaWith("interval = P10D"));
        await using var terminal = await Terminal.StartAsync(scene.Bus, "/bin/bash", "--norc", "-i");
        await terminal.PressAsync("PS1='ready> '", "Enter", _monitor, "Enter");
        await terminal.WaitForAsync("> machine +Enabled");

        await terminal.PressAsync("C-z");
        await terminal.WaitForAsync(@"\A(?![^\0]*Mandos clients)[^\0]*Stopped[^\0]*ready>");
        await terminal.PressAsync("fg", "Enter");
        await terminal.WaitForAsync(@"\AMandos clients: 1,[^\0]*> machine +Enabled");
        await terminal.PressAsync("q");
        await terminal.WaitForAsync(@"\A(?![^\0]*Mandos clients)[^\0]*ready>\s*\z");
    }

    [Fact]
    public async Task Start_OnDumbTerminal_SaysSoInOneLine()
    {
        await using var bus = await DBusDaemon.StartAsync();
        await using var terminal = await Terminal.StartAsync(
            bus, "/bin/sh", "-c", "TERM=dumb \"$0\"; echo \"status $?\"; TERM= \"$0\"; echo \"again $?\"; read x", _monitor);

        await terminal.WaitForAsync(
            @"\Amandos-monitor: needs a terminal that can move its cursor.*\nstatus 2\nmandos-monitor: needs a terminal.*\nagain 2");
    }

    [Fact]
    public async Task Start_WithoutTerminalOrWithArguments_SaysSoInOneLine()
    {
        var piped = await Command.RunAsync(_monitor);
        var argument = await Command.RunAsync(_monitor, "--nonsense");

        Assert.Equal((2, "mandos-monitor: needs a terminal; for a list of the clients use mandos-ctl\n"), (piped.ExitCode, piped.Errors));
        Assert.Equal((2, "mandos-monitor: takes no arguments but --socket PATH, and got --nonsense\n"), (argument.ExitCode, argument.Errors));
    }
}
