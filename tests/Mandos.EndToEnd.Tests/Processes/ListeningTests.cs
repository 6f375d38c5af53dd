using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>The server listens where it is told to.</summary>
public sealed partial class ListeningTests
{
    private const string AnyIPv6 = "00000000000000000000000000000000";
    private const string LoopbackIPv6 = "00000000000000000000000001000000";
    private const string MappedLoopback = "0000000000000000FFFF00000100007F";

    private readonly TestClient _client = new("client");

    [Theory]
    [InlineData(AnyIPv6, "--address=")]
    [InlineData("00000000", "--address=", "--no-ipv6")]
    [InlineData("0100007F", "--address=127.0.0.1", "--no-ipv6")]
    [InlineData(LoopbackIPv6, "--address=::1")]
    [InlineData(MappedLoopback, "--address=::ffff:127.0.0.1")]
    [InlineData($"{LoopbackIPv6} {MappedLoopback}", "--address=::1, ::ffff:127.0.0.1")]
    public async Task Address_IsWhereItListens(string addresses, params string[] arguments)
    {
        await using var server = CreateServer(arguments);

        await server.StartAsync();

        var port = server.EndPoint.Port.ToString("X4", CultureInfo.InvariantCulture);
        var found = ProcessFacts.Listening(server.ProcessId).Where(socket => socket.EndsWith(':' + port));
        Assert.Equal(addresses.Split(' ').Select(address => $"{address}:{port}").Order(), found.Order());
    }

    [Fact]
    public async Task Interface_IsBoundTo()
    {
        await using var link = await NetworkLink.CreateAsync();
        await using var server = CreateServerIn(link, "--address=", $"--interface={NetworkLink.Interface}");

        await server.StartAsync();

        var sockets = await Command.RequireAsync("ip", "netns", "exec", link.ServerNamespace, "ss", "-Hltn");
        Assert.Contains($"%{NetworkLink.Interface}:{server.EndPoint.Port} ", sockets, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--interface=" + NetworkLink.Interface)]
    [InlineData(null)]
    public async Task LinkLocalAddress_TakesScope(string? interfaceOption)
    {
        await using var link = await NetworkLink.CreateAsync();
        var zone = interfaceOption is null ? $"%{NetworkLink.Interface}" : "";
        await using var server = CreateServerIn(link, $"--address={link.ServerAddress}{zone}", interfaceOption ?? "--debug");

        await server.StartAsync();

        var sockets = await Command.RequireAsync("ip", "netns", "exec", link.ServerNamespace, "ss", "-Hltn");
        Assert.Contains($"[{link.ServerAddress}]%{NetworkLink.Interface}:{server.EndPoint.Port} ", sockets, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--no-ipv6")]
    // After it has given up root's rights, it could not bind that.
    [InlineData("--port=711")]
    public async Task Interface_ThatComesLater_IsTheOnlyOneListenedOn(params string[] arguments)
    {
        await using var link = await NetworkLink.CreateAsync();
        await using var server = CreateServerIn(link, ["--debug", "--address=", "--interface=late", .. arguments]);
        await server.LaunchAsync();
        await server.Log.WaitForAsync("ERROR", "there is no interface late");
        Assert.Equal("", await ListeningAsync(link));

        await link.AddCableAsync("late");
        await server.Log.WaitForAsync("INFO", "Listening on");

        var socket = Assert.Single((await ListeningAsync(link)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("%late:", socket, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interface_MadeAnew_IsListenedOnAtTheSamePort()
    {
        await using var link = await NetworkLink.CreateAsync();
        await using var server = CreateServerIn(link, "--debug", "--address=", $"--interface={NetworkLink.Interface}");
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", "Listening on");
        var before = Assert.Single((await ListeningAsync(link)).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        await link.RemoveCableAsync(NetworkLink.Interface);
        await server.Log.WaitForAsync("WARNING", "is gone");
        Assert.Equal("", await ListeningAsync(link));
        await link.AddCableAsync(NetworkLink.Interface);
        await server.Log.WaitForAsync("INFO", "Listening on", count: 2);

        Assert.Equal(before, Assert.Single((await ListeningAsync(link)).Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task Interface_ThatGivesItsNameAway_IsLeftForTheOneThatHasIt()
    {
        await using var link = await NetworkLink.CreateAsync();
        await using var server = CreateServerIn(link, "--debug", "--address=", $"--interface={NetworkLink.Interface}");
        await server.StartAsync();

        // A name can only be changed while the interface is down.
        await Command.RequireAsync("ip", "-n", link.ServerNamespace, "link", "set", NetworkLink.Interface, "down");
        await Command.RequireAsync("ip", "-n", link.ServerNamespace, "link", "set", NetworkLink.Interface, "name", "other");
        await server.Log.WaitForAsync("WARNING", "is gone");
        Assert.Equal("", await ListeningAsync(link));
    }

    [Fact]
    public async Task LinkLocalAddress_OfInterfaceThatComesLaterAndAnew_IsListenedOn()
    {
        await using var link = await NetworkLink.CreateAsync();
        await using var server = CreateServerIn(link, "--debug", "--address=fe80::77%late");
        await server.LaunchAsync();
        await server.Log.WaitForAsync("ERROR", "there is no interface late");
        for (var count = 1; count <= 2; count++)
        {
            await link.AddCableAsync("late");
            await server.Log.WaitForAsync("ERROR", "interface late does not have the address fe80::77", count);
            Assert.Equal("", await ListeningAsync(link));

            await Command.RequireAsync("ip", "-n", link.ServerNamespace, "address", "add", "fe80::77/64", "dev", "late");
            await server.Log.WaitForAsync("INFO", "Listening on", count);
            Assert.Contains($"[fe80::77]%late:{server.EndPoint.Port} ", await ListeningAsync(link), StringComparison.Ordinal);
            await link.RemoveCableAsync("late");
            await server.Log.WaitForAsync("WARNING", "Interface late is gone", count);
        }
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("0")]
    [InlineData("2")]
    public async Task Socket_IsUsed(string number)
    {
        using var socket = OpenSocket();
        var own = Share(socket);
        number = number.Replace("{0}", $"{own}", StringComparison.Ordinal);
        string[] move = number == $"{own}" ? [] : ["bash", "-c", $"exec \"$@\" {number}<&{own}", "bash"];
        await using var server = CreateServer(socket, move, "--foreground", $"--socket={number}");

        await server.StartAsync();

        await RequireSecretAsync(socket);
    }

    [Fact]
    public async Task Socket_OfDaemon_IsUsed()
    {
        using var socket = OpenSocket();
        await using var system = new PrivateSystem();
        await using var server = CreateServer(
            socket, [.. system.Wrapper, "bash", "-c", $"exec \"$@\" 0<&{Share(socket)}", "bash"], "--socket=0");

        var result = await server.StartDaemonAsync();

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        socket.Close(); // the daemon's is another
        await RequireSecretAsync(server.EndPoint);
    }

    [Fact]
    public async Task Socket_ThatIsNone_IsFatal()
    {
        await using var server = CreateServer("--foreground", "--socket=77");

        Assert.Equal(1, await server.RunToEndAsync());

        Assert.Contains(server.Log.Lines, line => line.StartsWith("mandos: cannot use socket 77: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SocketActivation_AllSocketsAreUsed(bool isDaemon)
    {
        using var first = OpenSocket();
        using var second = OpenSocket();
        await using var system = new PrivateSystem();
        var pass = $"LISTEN_FDS=2 LISTEN_PID=$$ exec \"$@\" 3<&{Share(first)} 4<&{Share(second)}";
        await using var server = CreateServer(first, [.. system.Wrapper, "bash", "-c", pass, "bash"], "--port=0");

        if (isDaemon)
        {
            var result = await server.StartDaemonAsync();
            Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        }
        else
        {
            server.Arguments.Add("--foreground");
            await server.StartAsync();
        }

        await RequireSecretAsync(first);
        await RequireSecretAsync(second);
    }

    [Fact]
    public async Task AcceptLoop_ThatDies_EndsServerWithClearLastLine()
    {
        using var socket = OpenSocket();
        await using var server = CreateServer(socket, [], "--debug", $"--socket={Share(socket)}");
        await server.StartAsync();
        await RequireSecretAsync(socket);

        // It is the same socket, so this takes it from the server.
        socket.Shutdown(SocketShutdown.Both);
        var status = await server.WaitForEndAsync();

        Assert.Equal(70, status);
        Assert.Matches("CRITICAL: Ended, because accepting connections died: ", server.Log.Lines[^1]);
    }

    private static Task<string> ListeningAsync(NetworkLink link)
        => Command.RequireAsync("ip", "netns", "exec", link.ServerNamespace, "ss", "-Hltn");

    private static Socket OpenSocket()
    {
        var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        socket.Listen();
        return socket;
    }

    /// <summary>Lets programs that are started inherit a socket.</summary>
    /// <returns>Its number there.</returns>
    private static int Share(Socket socket)
    {
        const int SetFlags = 2;
        var fd = (int)socket.Handle;
        Assert.Equal(0, fcntl(fd, SetFlags, 0));
        return fd;
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, nint argument);

    private Task RequireSecretAsync(Socket socket) => RequireSecretAsync((IPEndPoint)socket.LocalEndPoint!);

    private async Task RequireSecretAsync(IPEndPoint endPoint)
    {
        var outcome = await MandosPeer.FetchAsync(endPoint, new PeerOptions(_client.Key), TestContext.Current.CancellationToken);
        Assert.Equal(_client.Secret, outcome.Secret);
    }

    private TestServer CreateServer(params IEnumerable<string> arguments) => Add(new TestServer(["--foreground", .. arguments]));

    private TestServer CreateServerIn(NetworkLink link, params IEnumerable<string> arguments)
        => Add(new TestServer(["--foreground", .. arguments]) { NetworkNamespace = link.ServerNamespace });

    private TestServer CreateServer(Socket socket, IReadOnlyList<string> wrapper, params IEnumerable<string> arguments)
        => Add(new TestServer(arguments) { Wrapper = wrapper, EndPoint = (IPEndPoint)socket.LocalEndPoint! });

    private TestServer Add(TestServer server)
    {
        server.AddClient(_client.StanzaWith("checker = true"));
        return server;
    }
}
