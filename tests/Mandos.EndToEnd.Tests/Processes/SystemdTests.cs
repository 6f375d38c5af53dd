using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>systemd hears how the server is (sd_notify(3)).</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly NotifySocket _systemd = new();
    private readonly TestClient _client = new("client");

    public void Dispose() => _systemd.Dispose();

    [Fact]
    public async Task Ready_IsToldWhenServing()
    {
        await using var server = CreateServer();

        await server.StartAsync();
        var message = await _systemd.WaitForAsync("READY=1");

        await _client.RequireSecretAsync(server);
        Assert.Equal($"READY=1\nSTATUS=Serving 1 client on {server.EndPoint}", message);
    }

    [Fact]
    public async Task Reload_IsToldFromBeginningToEnd()
    {
        await using var server = CreateServer();
        await server.StartAsync();
        await _systemd.WaitForAsync("READY=1");

        await server.SignalAsync("HUP");
        await Patience.UntilAsync("systemd hears of the end of the reload", () => _systemd.Messages.Count == 3);

        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n", _systemd.Messages[1]);
        Assert.StartsWith("READY=1\n", _systemd.Messages[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_IsTold()
    {
        await using var server = CreateServer();
        await server.StartAsync();
        await _systemd.WaitForAsync("READY=1");

        await server.StopAsync();

        await _systemd.WaitForAsync("STOPPING=1");
    }

    [Fact]
    public async Task Watchdog_GetsSignsOfLife()
    {
        await using var server = CreateServer("WATCHDOG_USEC=100000");

        await server.StartAsync();

        await Patience.UntilAsync("three signs of life", () => _systemd.Messages.Count(message => message == "WATCHDOG=1") >= 3);
    }

    [Fact]
    public async Task Daemon_TellsItsProcess()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer([], system.Wrapper, []);

        await server.StartDaemonAsync();

        Assert.StartsWith($"MAINPID={system.DaemonId}\nREADY=1\n", await _systemd.WaitForAsync("READY=1"), StringComparison.Ordinal);
    }

    private TestServer CreateServer(params IEnumerable<string> variables) => CreateServer(variables, [], ["--foreground"]);

    private TestServer CreateServer(IEnumerable<string> variables, IEnumerable<string> wrapper, IEnumerable<string> arguments)
    {
        var server = new TestServer(arguments)
        {
            Wrapper = [.. wrapper, "env", _systemd.Variable, .. variables],
        };
        server.AddClient(_client.StanzaWith("checker = true"));
        return server;
    }
}
