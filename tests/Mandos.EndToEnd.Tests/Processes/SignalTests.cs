using System.Globalization;
using System.Net.Sockets;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Processes;

/// <summary>What signals do.</summary>
public sealed class SignalTests
{
    private readonly TestClient _client = new("client");

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Signal_ToEnd_EndsWithStatusZero(string signal)
    {
        await using var server = await StartAsync();

        await server.SignalAsync(signal);

        Assert.Equal(0, await server.WaitForEndAsync());
        Assert.Equal(1, server.Log.Count("INFO", $"Stopping, by SIG{signal}"));
    }

    [Fact]
    public async Task BrokenPipe_IsIgnored()
    {
        const int Pipe = 13;
        await using var server = await StartAsync();

        await server.SignalAsync("PIPE");

        await _client.RequireSecretAsync(server);
        var ignored = ulong.Parse(
            ProcessFacts.Status(server.ProcessId, "SigIgn"), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.NotEqual(0UL, ignored & (1UL << (Pipe - 1)));
    }

    [Fact]
    public async Task HangUp_KeepsServing()
    {
        await using var server = await StartAsync();

        await server.SignalAsync("HUP");
        await _client.RequireSecretAsync(server);

        await server.StopAsync();
    }

    [Fact]
    public async Task SecondSignal_ToEnd_WaitsNotForPlugins()
    {
        await using var server = new TestServer("--debug") { Steered = true, Wrapper = ["env", "MANDOS_TEST_STUBBORN=1"] };
        await server.SteerAsync(); // so the stubborn plugin runs
        await server.SignalAsync("TERM");
        await server.Log.WaitForAsync("INFO", "Stopping, by SIGTERM");

        await server.SignalAsync("TERM");

        Assert.Equal(0, await server.WaitForEndAsync());
        Assert.Equal(1, server.Log.Count("WARNING", "Not waiting for plugins to end: a second signal came"));
    }

    [Fact]
    public async Task Signal_ToEndWhilePluginsStop_NobodyIsKeptWaiting()
    {
        await using var server = new TestServer("--debug") { Steered = true, Wrapper = ["env", "MANDOS_TEST_STUBBORN=1"] };
        await server.SteerAsync(); // so the stubborn plugin runs
        using RawConnection silent = await RawConnection.OpenAsync(server);
        await server.Log.WaitForAsync("DEBUG", $"Connection from {silent.Name}");

        await server.SignalAsync("TERM");

        await silent.ReadToEndAsync();
        await Patience.UntilAsync("the server refuses connections", () => IsRefused(server));
        Assert.False(server.HasEnded);
        Assert.Equal(0, server.Log.Count("WARNING", "did not send the protocol version in time"));
        await server.SignalAsync("TERM"); // not to wait for the plugin
        Assert.Equal(0, await server.WaitForEndAsync());
    }

    private static bool IsRefused(TestServer server)
    {
        using var socket = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(server.EndPoint);
            return false;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return true;
        }
    }

    private async Task<TestServer> StartAsync()
    {
        var server = new TestServer("--debug");
        server.AddClient(_client.StanzaWith("checker = true"));
        await server.StartAsync();
        return server;
    }
}
