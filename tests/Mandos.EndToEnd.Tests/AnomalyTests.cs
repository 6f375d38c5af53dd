using System.Text.RegularExpressions;
using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests;

/// <summary>A copy of a client's key asks while the client runs.</summary>
public sealed partial class AnomalyTests(ClientKeys keys)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_WithHold_WaitsForAPersonWhileTheMachineRuns()
    {
        await using var machine = await SshServer.StartAsync("ed25519");
        await using var server = await StartAsync(machine, "hold");

        var fetch = keys.First.FetchAsync(server.EndPoint);
        var request = await server.Events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
        Assert.False(request.ApprovedByDefault);
        await server.Log.WaitForAsync("WARNING", "Client first: another machine may have its key: its own system runs: a check succeeded after the request");
        await server.Log.WaitForAsync("INFO", "Audit: anomaly=\"machine runs\" behaviour=hold");
        await server.Control.ApproveAsync("first", Cancellation);

        Assert.Equal(keys.First.Password, (await fetch).Output);
    }

    [Fact]
    public async Task Fetch_WithHold_WaitsForNobodyWhileTheMachineIsDown()
    {
        await using var machine = await SshServer.StartAsync("ed25519");
        await using var server = await StartAsync(machine, "hold");
        await machine.StopAsync();

        await keys.First.RequirePasswordAsync(server.EndPoint);

        Assert.Equal(0, server.Log.Count("INFO", "Client first: waits for approval"));
    }

    [Fact]
    public async Task Fetch_AsIsTheDefault_IsServedAndTold()
    {
        await using var machine = await SshServer.StartAsync("ed25519");
        await using var server = await StartAsync(machine);

        await keys.First.RequirePasswordAsync(server.EndPoint);

        await server.Log.WaitForAsync("INFO", "Audit: anomaly=\"machine runs\" behaviour=log");
    }

    private Task<TestServer> StartAsync(SshServer machine, string? anomaly = null)
    {
        string stanza = keys.First.StanzaWith(
        [
            "interval = PT1H", "timeout = PT2H", "checker_plugin = ssh", $"ssh_port = {machine.Port}", $"ssh_host_key = {machine.PublicKey("ed25519")}",
            .. anomaly is null ? Array.Empty<string>() : [$"anomaly = {anomaly}"],
        ]);
        return TestServer.StartSteeredAsync(HostOption().Replace(stanza, "host = 127.0.0.1"));
    }

    [GeneratedRegex("^host = .*$", RegexOptions.Multiline)]
    private static partial Regex HostOption();
}
