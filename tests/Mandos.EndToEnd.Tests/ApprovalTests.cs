using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests;

/// <summary>A client that needs approval gets its secret when, and only when, it is approved.</summary>
public sealed class ApprovalTests(ClientKeys keys)
{
    private const string LongDelay = "approval_delay = PT1H";
    private const string ShortDelay = "approval_delay = PT1S";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_Approved_GivesPasswordToStockClient()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        server.AddClient(keys.First.StanzaWith(LongDelay, "approved_by_default = False"));
        await server.StartAsync();
        using var control = await server.ConnectControlAsync();
        using var events = await control.SubscribeAsync(Cancellation);

        var fetch = keys.First.RequirePasswordAsync(server.EndPoint);
        var request = await events.WaitForAsync<NeedApproval>(need => need.Client.Name == "first", Cancellation);
        Assert.False(request.ApprovedByDefault);
        await control.ApproveAsync("first", Cancellation);

        await fetch;
        await events.WaitForAsync<GotSecret>(got => got.Client.Name == "first", Cancellation);
    }

    [Fact]
    public async Task Fetch_Denied_IsRefused()
    {
        var client = new TestClient("client");
        await using var server = await StartServerAsync(client, LongDelay);
        using var control = await server.ConnectControlAsync();
        using var events = await control.SubscribeAsync(Cancellation);

        var fetch = client.RequireRefusalAsync(server);
        await events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
        await control.DenyAsync("client", Cancellation);

        await fetch;
        var rejected = await events.WaitForAsync<Rejected>(_ => true, Cancellation);
        Assert.Equal(RejectionReason.Denied, rejected.Reason);
        await server.Log.WaitForAsync("WARNING", "Client client: refused its secret: Denied");
    }

    [Fact]
    public async Task Fetch_DisabledWhileWaiting_IsRefusedAtOnce()
    {
        var client = new TestClient("client");
        await using var server = await StartServerAsync(client, LongDelay);
        using var control = await server.ConnectControlAsync();
        using var events = await control.SubscribeAsync(Cancellation);

        var fetch = client.RequireRefusalAsync(server);
        await events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
        await control.DisableAsync("client", Cancellation);

        await fetch;
        var rejected = await events.WaitForAsync<Rejected>(_ => true, Cancellation);
        Assert.Equal(RejectionReason.Disabled, rejected.Reason);
    }

    [Fact]
    public async Task Fetch_NobodyAnswersAndDeniedByDefault_IsRefused()
    {
        var client = new TestClient("client");
        await using var server = await StartServerAsync(client, ShortDelay, "approved_by_default = False");
        using var control = await server.ConnectControlAsync();
        using var events = await control.SubscribeAsync(Cancellation);

        await client.RequireRefusalAsync(server);

        var rejected = await events.WaitForAsync<Rejected>(_ => true, Cancellation);
        Assert.Equal(RejectionReason.ApprovalTimedOut, rejected.Reason);
    }

    [Fact]
    public async Task Fetch_NobodyAnswersAndApprovedByDefault_GivesSecret()
    {
        var client = new TestClient("client");
        await using var server = await StartServerAsync(client, ShortDelay);
        using var control = await server.ConnectControlAsync();
        using var events = await control.SubscribeAsync(Cancellation);

        await client.RequireSecretAsync(server);

        await events.WaitForAsync<NeedApproval>(need => need.ApprovedByDefault, Cancellation);
        await events.WaitForAsync<GotSecret>(_ => true, Cancellation);
    }

    [Fact]
    public async Task Fetch_ApprovedBeforehand_GivesSecretUntilDenied()
    {
        var client = new TestClient("client");
        await using var server = await StartServerAsync(
            client, "approval_delay = PT1S", "approval_duration = PT1H", "approved_by_default = False");
        using var control = await server.ConnectControlAsync();

        await control.ApproveAsync("client", Cancellation);
        await client.RequireSecretAsync(server);
        await client.RequireSecretAsync(server);

        await control.DenyAsync("client", Cancellation);
        await client.RequireRefusalAsync(server);
    }

    [Fact]
    public async Task Fetch_PeerGoneWhileWaiting_IsForgotten()
    {
        var client = new TestClient("client");
        await using var server = await StartServerAsync(client, LongDelay);
        using var control = await server.ConnectControlAsync();
        using var events = await control.SubscribeAsync(Cancellation);

        using (var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            var fetch = MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(client.Key), impatience.Token);
            await events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
            Assert.Equal(1, (await control.GetClientAsync("client", Cancellation))!.ApprovalsPending);
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        }

        await server.Log.WaitForAsync("INFO", "Audit: decision=failed reason=\"peer gone\"");
        Assert.Equal(0, (await control.GetClientAsync("client", Cancellation))!.ApprovalsPending);
    }

    private static async Task<TestServer> StartServerAsync(TestClient client, params string[] options)
    {
        var server = new TestServer("--debug") { Steered = true };
        server.AddClient(client.StanzaWith(options));
        await server.StartAsync();
        return server;
    }
}
