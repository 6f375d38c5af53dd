using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests;

/// <summary>Clients that are checked by their SSH host key.</summary>
public sealed class SshCheckerTests
{
    private const string Library = "Renci.SshNet.dll";

    private readonly TestClient _client = new("client");

    [Fact]
    public async Task Check_UntilHostHasAnotherKey_KeepsClientAlive()
    {
        await using var host = await SshServer.StartAsync("ecdsa-256", "ed25519");
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith(
            "interval = PT1S", "timeout = PT1H", "host = 127.0.0.1", "checker_plugin = ssh",
            $"ssh_port = {host.Port}", "ssh_timeout = PT30S", $"ssh_host_key =\n    {host.PublicKey("ed25519")}"));

        await server.Log.WaitForAsync("INFO", $"checker started: SSH key exchange with 127.0.0.1 port {host.Port}");
        await server.Log.WaitForAsync("INFO", "Client client: checker succeeded");
        var first = await LastCheckedOkAsync(server);

        // One more than there may have been in the meantime.
        int seen = server.Log.Count("INFO", "Client client: checker succeeded");
        await server.Log.WaitForAsync("INFO", "Client client: checker succeeded", count: seen + 2);
        Assert.True(await LastCheckedOkAsync(server) > first);
        Assert.True(HasLoaded(server, Library));

        await host.RestartAsync("ecdsa-256", "ed25519");
        await server.Log.WaitForAsync("WARNING", $"127.0.0.1 port {host.Port}: it presents another ssh-ed25519 key, SHA256:");
        var last = await LastCheckedOkAsync(server);
        await server.Log.WaitForAsync("WARNING", $"127.0.0.1 port {host.Port}: it presents another ssh-ed25519 key", count: 3);
        Assert.Equal(last, await LastCheckedOkAsync(server));
    }

    [Fact]
    public async Task Check_OfAnotherKind_DoesNotLoadTheSshLibrary()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_client.StanzaWith("interval = PT1S", "checker = true"));
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", "Client client: checker succeeded");

        Assert.True(HasLoaded(server, "CheckerSsh.dll"));
        Assert.False(HasLoaded(server, Library));
    }

    private static async Task<DateTimeOffset?> LastCheckedOkAsync(TestServer server)
        => (await server.Control.GetClientAsync("client", TestContext.Current.CancellationToken))!.LastCheckedOk;

    private static bool HasLoaded(TestServer server, string file)
        => File.ReadAllText($"/proc/{server.ProcessId}/maps").Contains($"/{file}\n", StringComparison.Ordinal);
}
