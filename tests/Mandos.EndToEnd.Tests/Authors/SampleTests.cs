using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>The plugins in samples/, dropped into the plugin directory of a server.</summary>
public sealed class SampleTests
{
    private readonly TestClient _client = new("client");

    [Fact]
    public async Task TcpPortChecker_PortOpenThenClosed_KeepsClientUntilThen()
    {
        await using var server = new TestServer("--debug");
        Install(server, "TcpPortChecker");
        using var web = new WebServer();
        server.AddClient(_client.StanzaWith(
            "interval = PT1S", "timeout = PT3S", "host = localhost", "checker_plugin = tcp", $"tcp_port = {web.Port}"));
        await server.StartAsync();

        await server.Log.WaitForAsync("INFO", "Client client: checker succeeded", count: 6);
        Assert.Equal(0, server.Log.Count("WARNING", "disabling it"));
        web.Dispose();

        await server.Log.WaitForAsync("WARNING", "Client client: not seen alive in time, disabling it");
        await _client.RequireRefusalAsync(server);
    }

    [Fact]
    public async Task ApprovalsJson_RequestsForApproval_AreInItsFile()
    {
        await using var server = new TestServer("--debug");
        Install(server, "ApprovalsJson");
        string file = Path.Combine(server.ScratchDirectory, "approvals.jsonl");
        await File.WriteAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), $"""
            plugins:
              ApprovalsJson:
                settings:
                  file: {file}

            """, TestContext.Current.CancellationToken);
        var other = new TestClient("other");
        server.AddClient(_client.StanzaWith("checker = true", "approval_delay = PT1S", "approved_by_default = True"));
        server.AddClient(other.StanzaWith("checker = true", "approval_delay = PT1S", "approved_by_default = False"));
        await server.StartAsync();
        await Patience.UntilAsync("the surface runs", () => File.Exists(file));

        await _client.RequireSecretAsync(server);
        await other.RequireRefusalAsync(server);

        string[] lines = [];
        await Patience.UntilAsync("all is in the file", () => (lines = File.ReadAllLines(file)).Length >= 4);
        Assert.Collection(
            lines,
            line => Assert.Contains("\"event\":\"NeedApproval\",\"client\":\"client\"", line, StringComparison.Ordinal),
            line => Assert.Contains("\"event\":\"GotSecret\",\"client\":\"client\"", line, StringComparison.Ordinal),
            line => Assert.Contains("\"event\":\"NeedApproval\",\"client\":\"other\"", line, StringComparison.Ordinal),
            line => Assert.Contains("\"reason\":\"ApprovalTimedOut\"", line, StringComparison.Ordinal));
    }

    private static void Install(TestServer server, string sample) => File.Copy(
        Path.Combine(Repository.Root, $"artifacts/bin/{sample}/debug/{sample}.dll"),
        Path.Combine(server.PreparePlugins(), $"{sample}.dll"));
}
