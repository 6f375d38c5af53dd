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
        await using var server = await TestServer.StartSteeredAsync(keys.First.StanzaWith(LongDelay, "approved_by_default = False"));

        var fetch = keys.First.RequirePasswordAsync(server.EndPoint);
        var request = await server.Events.WaitForAsync<NeedApproval>(need => need.Client.Name == "first", Cancellation);
        Assert.False(request.ApprovedByDefault);
        await server.Control.ApproveAsync("first", Cancellation);

        await fetch;
        await server.Events.WaitForAsync<GotSecret>(got => got.Client.Name == "first", Cancellation);
    }

    [Fact]
    public async Task Fetch_Denied_IsRefused()
    {
        var client = new TestClient("client");
        await using var server = await TestServer.StartSteeredAsync(client.StanzaWith(LongDelay));

        var fetch = client.RequireRefusalAsync(server);
        await server.Events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
        await server.Control.DenyAsync("client", Cancellation);

        await fetch;
        var rejected = await server.Events.WaitForAsync<Rejected>(_ => true, Cancellation);
        Assert.Equal(RejectionReason.Denied, rejected.Reason);
        await server.Log.WaitForAsync("WARNING", "Client client: refused its secret: Denied");
    }

    [Fact]
    public async Task Fetch_DisabledWhileWaiting_IsRefusedAtOnce()
    {
        var client = new TestClient("client");
        await using var server = await TestServer.StartSteeredAsync(client.StanzaWith(LongDelay));

        var fetch = client.RequireRefusalAsync(server);
        await server.Events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
        await server.Control.DisableAsync("client", Cancellation);

        await fetch;
        var rejected = await server.Events.WaitForAsync<Rejected>(_ => true, Cancellation);
        Assert.Equal(RejectionReason.Disabled, rejected.Reason);
    }

    [Fact]
    public async Task Fetch_NobodyAnswersAndDeniedByDefault_IsRefused()
    {
        var client = new TestClient("client");
        await using var server = await TestServer.StartSteeredAsync(client.StanzaWith(ShortDelay, "approved_by_default = False"));

        await client.RequireRefusalAsync(server);

        var rejected = await server.Events.WaitForAsync<Rejected>(_ => true, Cancellation);
        Assert.Equal(RejectionReason.ApprovalTimedOut, rejected.Reason);
    }

    [Fact]
    public async Task Fetch_NobodyAnswersAndApprovedByDefault_GivesSecret()
    {
        var client = new TestClient("client");
        await using var server = await TestServer.StartSteeredAsync(client.StanzaWith(ShortDelay));

        await client.RequireSecretAsync(server);

        await server.Events.WaitForAsync<NeedApproval>(need => need.ApprovedByDefault, Cancellation);
        await server.Events.WaitForAsync<GotSecret>(_ => true, Cancellation);
    }

    [Fact]
    public async Task Fetch_ApprovedBeforehand_GivesSecretUntilDenied()
    {
        var client = new TestClient("client");
        await using var server = await TestServer.StartSteeredAsync(
            client.StanzaWith("approval_delay = PT1S", "approval_duration = PT1H", "approved_by_default = False"));

        await server.Control.ApproveAsync("client", Cancellation);
        await client.RequireSecretAsync(server);
        await client.RequireSecretAsync(server);

        await server.Control.DenyAsync("client", Cancellation);
        await client.RequireRefusalAsync(server);
    }

    [Fact]
    public async Task Fetch_PeerGoneWhileWaiting_IsForgotten()
    {
        var client = new TestClient("client");
        await using var server = await TestServer.StartSteeredAsync(client.StanzaWith(LongDelay));

        using (var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation))
        {
            var fetch = MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(client.Key), impatience.Token);
            await server.Events.WaitForAsync<NeedApproval>(_ => true, Cancellation);
            Assert.Equal(1, (await server.Control.GetClientAsync("client", Cancellation))!.ApprovalsPending);
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        }

        await server.Log.WaitForAsync("INFO", "Audit: decision=failed reason=\"peer gone\"");
        Assert.Equal(0, (await server.Control.GetClientAsync("client", Cancellation))!.ApprovalsPending);
    }
}
