using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests;

/// <summary>A thief of a client's key asks beside the client: that shows, and no approval is for both.</summary>
public sealed partial class RequestTests(ClientKeys keys)
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");
    private static readonly string _monitor = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-monitor");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approve_StockClientsFromTwoAddresses_ServesNoneAndThenTheOneThatIsNamed()
    {
        await using var scene = await StartAsync(keys.First.StanzaWith("approval_delay = PT1H", "approved_by_default = False", "checker = true"));
        var port = scene.Server.EndPoint.Port;
        var byIPv4 = keys.First.FetchAsync(new IPEndPoint(IPAddress.Loopback, port));
        await WaitForRequestsAsync(scene, 1);
        var byIPv6 = keys.First.FetchAsync(new IPEndPoint(IPAddress.IPv6Loopback, port));
        var requests = await WaitForRequestsAsync(scene, 2);
        await scene.Server.Log.WaitForAsync(
            "WARNING", "Client first: connections from different addresses wait for approval: 127.0.0.1, ::1");

        var own = await scene.RunAsync(_ctl, "--approve", "first");
        Assert.Equal(1, own.ExitCode);
        Assert.Contains("127.0.0.1, ::1", own.Errors, StringComparison.Ordinal);
        Assert.Single(own.Errors.TrimEnd('\n').Split('\n'));
        var stock = await scene.RunAsync("mandos-ctl", "--approve", "first");
        Assert.NotEqual(0, stock.ExitCode);
        Assert.Contains("127.0.0.1, ::1", stock.Errors, StringComparison.Ordinal);
        Assert.Equal(requests, await WaitForRequestsAsync(scene, 2));

        var chosen = requests.Single(line => line.Contains(" ::1 ", StringComparison.Ordinal)).Split(' ')[0];
        await scene.RequireAsync(_ctl, "--approve-request", chosen);
        Assert.Equal(keys.First.Password, (await byIPv6).Output);
        Assert.Contains("127.0.0.1", Assert.Single(await WaitForRequestsAsync(scene, 1)), StringComparison.Ordinal);
        Assert.False(byIPv4.IsCompleted);

        var unknown = await scene.RunAsync(_ctl, "--deny-request", chosen);
        Assert.Equal((1, $"mandos-ctl: the server says: no request with the number {chosen} waits for approval\n"), (unknown.ExitCode, unknown.Errors));
        await scene.RequireAsync(_ctl, "--approve", "first");
        Assert.Equal(keys.First.Password, (await byIPv4).Output);
    }

    [Fact]
    public async Task Approve_ClientOfWhichAllAreToBeApproved_ServesAll()
    {
        var client = new TestClient("client");
        await using var scene = await StartAsync(client.StanzaWith("approval_delay = PT1H", "approve_all = True", "checker = true"));
        Task<PeerOutcome>[] fetches = [FetchAsync(client, scene, "127.0.0.2"), FetchAsync(client, scene, "::1")];
        await WaitForRequestsAsync(scene, 2);

        await scene.RequireAsync(_ctl, "--approve", "client");

        Assert.All(await Task.WhenAll(fetches), outcome => Assert.Equal(client.Secret, outcome.Secret));
        Assert.Equal(0, scene.Server.Log.Count("WARNING", "different addresses"));
    }

    [Fact]
    public async Task Approve_WindowOfOneAddress_IsNotForAnother()
    {
        var client = new TestClient("client");
        await using var scene = await StartAsync(
            client.StanzaWith("approval_delay = PT1H", "approval_duration = PT1H", "checker = true"));
        var first = FetchAsync(client, scene, "127.0.0.2");
        await WaitForRequestsAsync(scene, 1);

        await scene.RequireAsync(_ctl, "--approve", "client");

        Assert.Equal(client.Secret, (await first).Secret);
        Assert.Equal(client.Secret, (await FetchAsync(client, scene, "127.0.0.2")).Secret);
        var other = FetchAsync(client, scene, "127.0.0.3");
        Assert.Contains("127.0.0.3", Assert.Single(await WaitForRequestsAsync(scene, 1)), StringComparison.Ordinal);
        Assert.False(other.IsCompleted);
        await scene.RequireAsync(_ctl, "--disable", "client");
        Assert.Empty((await other).Secret);
        await scene.RequireAsync(_ctl, "--enable", "client");
        var again = FetchAsync(client, scene, "127.0.0.2");
        await WaitForRequestsAsync(scene, 1);
        await scene.RequireAsync(_ctl, "--deny", "client");
        Assert.Empty((await again).Secret);
    }

    [Fact]
    public async Task Monitor_TwoAddresses_ShowsBothAndAsksWhichToApprove()
    {
        var client = new TestClient("machine");
        await using var scene = await StartAsync(client.StanzaWith("approval_delay = PT1H", "checker = true"));
        await using var terminal = await Terminal.StartAsync(scene.Bus, _monitor);
        await terminal.WaitForAsync("> machine +Enabled");
        var first = FetchAsync(client, scene, "127.0.0.2");
        await WaitForRequestsAsync(scene, 1);
        var second = FetchAsync(client, scene, "127.0.0.3");
        await terminal.WaitForAsync("2 wait, from 127.0.0.2, 127.0.0.3|DIFFERENT ADDRESSES wait for approval: 127.0.0.2, 127.0.0.3");

        await terminal.PressAsync("a");
        await terminal.WaitForAsync("2   127.0.0.3 port ");
        await terminal.PressAsync("2");

        Assert.Equal(client.Secret, (await second).Secret);
        Assert.False(first.IsCompleted);
        await terminal.WaitForAsync(@"eny\? +(never )?seen"); // and nothing of several
        await terminal.PressAsync("a");
        Assert.Equal(client.Secret, (await first).Secret);
    }

    [Fact]
    public async Task Listings_OfHostileNames_ReachNoTerminal()
    {
        const string name = "evil\u001bcname";
        await using var scene = await StartAsync(
            "[DEFAULT]\nchecker = true\nsecret = c2VjcmV0\n"
            + $"[{name}]\nhost = \u001b]0;title\u0007\nkey_id = {new string('A', 64)}");
        string[][] calls =
        [
            [], ["--verbose"], ["--names"], ["--dump-json"], ["--requests"], ["nobody\u001bc"], ["--\u001bc"], ["-t", "\u001bc", name],
            ["--debug", "--disable", name], ["-s", "/\u001bc", name],
        ];

        foreach (var arguments in calls)
        {
            var result = await scene.RunAsync(_ctl, arguments);
            Assert.DoesNotContain(result.Output + result.Errors, c => char.IsControl(c) && c != '\n');
        }

        Assert.Equal("evil\ufffdcname\n", await scene.RequireAsync(_ctl, "--names"));
        Assert.Contains("\"evil\\u001bcname\"", await scene.RequireAsync(_ctl, "--dump-json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneKnownKey_WithHundredsOfConnections_KeepsNobodyOut()
    {
        // With 1,024 descriptors, as a service without a unit of its own has.
        TestClient thief = new("copied"), disabled = new("disabled"), client = new("client");
        await using var server = new TestServer("--debug") { EndPoint = new(IPAddress.IPv6Any, FreePort.Find()), Wrapper = ["prlimit", "--nofile=1024:1024"] };
        await server.ConfigureAsync("max_connections = 300");
        server.AddClient(thief.StanzaWith("approval_delay = PT1H", "checker = true"));
        server.AddClient(disabled.StanzaWith("enabled = False"));
        server.AddClient(client.StanzaWith("checker = true", "interval = PT1S", "timeout = PT30S"));
        await server.StartAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        // They come from everywhere and close nothing by themselves.
        var flood = Enumerable.Range(0, 400)
            .Select(i => LingerAsync(i % 2 == 0 ? thief : disabled, server, $"127.0.1.{1 + (i % 50)}", end.Token)).ToArray();
        await server.Log.WaitForAsync("WARNING", "client copied has too many connections");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(client.Secret, (await FetchAsync(client, server, "::1", Cancellation)).Secret);
        }

        Assert.True(Directory.GetFiles($"/proc/{server.ProcessId}/fd").Length < 1024);
        await end.CancelAsync();
        await Task.WhenAll(flood);
        Assert.Equal(0, server.Log.Count("ERROR", ""));
        Assert.Equal(0, server.Log.Count("WARNING", "not seen alive"));
    }

    private static async Task<ServerOnBus> StartAsync(params string[] stanzas)
        => await ServerOnBus.StartAsync(new IPEndPoint(IPAddress.IPv6Any, FreePort.Find()), stanzas);

    private static Task<PeerOutcome> FetchAsync(TestClient client, ServerOnBus scene, string from)
        => FetchAsync(client, scene.Server, from, Cancellation);

    private static async Task<PeerOutcome> FetchAsync(
        TestClient client, TestServer server, string from, CancellationToken cancellationToken)
    {
        var address = IPAddress.Parse(from);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        var there = address.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback;
        await socket.ConnectAsync(new IPEndPoint(there, server.EndPoint.Port), cancellationToken);
        await using var stream = new NetworkStream(socket);
        return await MandosPeer.FetchAsync(stream, new PeerOptions(client.Key), cancellationToken)
            .WaitAsync(Patience.Limit, TimeProvider.System, cancellationToken);
    }

    /// <summary>Asks for the secret again and again, and never closes a connection by itself.</summary>
    private static async Task LingerAsync(TestClient client, TestServer server, string from, CancellationToken cancellationToken)
    {
        List<Socket> sockets = [];
        try
        {
            while (true)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.EndPoint.Port), cancellationToken);
                var stream = new NetworkStream(socket);
                var outcome = await MandosPeer.FetchAsync(stream, new PeerOptions(client.Key), cancellationToken);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
                Assert.Empty(outcome.Secret);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            // The test is over, or the server has closed at once.
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    /// <summary>Waits until the list has this number of requests.</summary>
    /// <returns>Their lines.</returns>
    private static async Task<string[]> WaitForRequestsAsync(ServerOnBus scene, int count)
    {
        string[] lines = [];
        await Patience.UntilAsync(
            string.Create(CultureInfo.InvariantCulture, $"{count} requests"),
            async () =>
            {
                lines = [.. (await scene.RequireAsync(_ctl, "--requests")).TrimEnd('\n').Split('\n').Skip(1)];
                return lines.Length == count;
            });
        return [.. lines.Select(line => Spaces().Replace(line, " "))];
    }

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
