using System.Net.Sockets;
using System.Text;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>systemd hears how the server is (sd_notify(3)).</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-notify-");
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly List<string> _messages = [];
    private readonly TestClient _client = new("client");
    private readonly string _path;

    public SystemdTests()
    {
        _directory.UnixFileMode |= UnixFileMode.OtherExecute;
        _path = Path.Combine(_directory.FullName, "notify");
        _manager.Bind(new UnixDomainSocketEndPoint(_path));
        File.SetUnixFileMode(_path, (UnixFileMode)0b110_110_110);
    }

    private IEnumerable<string> Messages
    {
        get
        {
            var buffer = new byte[10_000];
            while (_manager.Available > 0)
            {
                _messages.Add(Encoding.UTF8.GetString(buffer, 0, _manager.Receive(buffer)));
            }

            return _messages;
        }
    }

    public void Dispose()
    {
        _manager.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Ready_IsToldWhenServing()
    {
        await using var server = CreateServer();

        await server.StartAsync();
        var message = await WaitForAsync("READY=1");

        await _client.RequireSecretAsync(server);
        Assert.Equal($"READY=1\nSTATUS=Serving 1 client on {server.EndPoint}", message);
    }

    [Fact]
    public async Task Reload_IsToldFromBeginningToEnd()
    {
        await using var server = CreateServer();
        await server.StartAsync();
        await WaitForAsync("READY=1");

        await server.SignalAsync("HUP");
        await Patience.UntilAsync("systemd hears of the end of the reload", () => Messages.Count() == 3);

        Assert.Matches("^RELOADING=1\nMONOTONIC_USEC=[0-9]+\n", _messages[1]);
        Assert.StartsWith("READY=1\n", _messages[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_IsTold()
    {
        await using var server = CreateServer();
        await server.StartAsync();
        await WaitForAsync("READY=1");

        await server.StopAsync();

        await WaitForAsync("STOPPING=1");
    }

    [Fact]
    public async Task Watchdog_GetsSignsOfLife()
    {
        await using var server = CreateServer("WATCHDOG_USEC=100000");

        await server.StartAsync();

        await Patience.UntilAsync("three signs of life", () => Messages.Count(message => message == "WATCHDOG=1") >= 3);
    }

    [Fact]
    public async Task Daemon_TellsItsProcess()
    {
        await using var system = new PrivateSystem();
        await using var server = CreateServer([], system.Wrapper, []);

        await server.StartDaemonAsync();

        Assert.StartsWith($"MAINPID={system.DaemonId}\nREADY=1\n", await WaitForAsync("READY=1"), StringComparison.Ordinal);
    }

    private async Task<string> WaitForAsync(string text)
    {
        await Patience.UntilAsync($"systemd hears “{text}”", () => Messages.Any(Contains));
        return Messages.First(Contains);

        bool Contains(string message) => message.Contains(text, StringComparison.Ordinal);
    }

    private TestServer CreateServer(params IEnumerable<string> variables) => CreateServer(variables, [], ["--foreground"]);

    private TestServer CreateServer(IEnumerable<string> variables, IEnumerable<string> wrapper, IEnumerable<string> arguments)
    {
        var server = new TestServer(arguments)
        {
            Wrapper = [.. wrapper, "env", $"NOTIFY_SOCKET={_path}", .. variables],
        };
        server.AddClient(_client.StanzaWith("checker = true"));
        return server;
    }
}
