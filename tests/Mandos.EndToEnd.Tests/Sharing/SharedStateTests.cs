using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>Two real servers on one real PostgreSQL: what is decided at one holds at the other.</summary>
public sealed class SharedStateTests(ClientKeys keys) : IAsyncLifetime
{
    private readonly TestClient _client = new("client");
    private SharingPair _pair = null!;

    public async ValueTask InitializeAsync() => _pair = await SharingPair.StartAsync(
        keys.First.StanzaWith("checker = true"),
        _client.StanzaWith("checker = true", "approval_delay = PT1H", "approved_by_default = False"));

    public ValueTask DisposeAsync() => _pair?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task Disable_AtOne_HoldsAtBothUntilEnabledAtTheOther()
    {
        await keys.First.RequirePasswordAsync(_pair.One.Server.EndPoint);
        await keys.First.RequirePasswordAsync(_pair.Other.Server.EndPoint);

        await _pair.One.RequireAsync("first", "Disable");
        Task[] boots = [keys.First.RequirePasswordAsync(_pair.One.Server.EndPoint), keys.First.RequirePasswordAsync(_pair.Other.Server.EndPoint)];
        await RequireRefusalAsync(_pair.One);
        await RequireRefusalAsync(_pair.Other);
        Assert.Equal("false", await _pair.Other.Peer.GetAsync("/clients/first", "Enabled"));

        await _pair.Other.RequireAsync("first", "Enable");
        await Task.WhenAll(boots); // it asks again after ten seconds
    }

    [Fact]
    public async Task Disable_OtherIsKilledAndStartsAgain_HoldsThere()
    {
        await _pair.Other.Server.KillAsync();
        await _pair.One.RequireAsync("first", "Disable");
        await _pair.Other.StartAsync();

        Task boot = keys.First.RequirePasswordAsync(_pair.Other.Server.EndPoint);
        await RequireRefusalAsync(_pair.Other);
        await _pair.Other.RequireAsync("first", "Enable");
        await boot;
    }

    [Fact]
    public async Task Approve_AtOne_ReleasesAtTheOther()
    {
        Task fetch = _pair.Other.RequireSecretAsync(_client);
        await _pair.Other.Peer.WaitForAsync("NeedApproval");

        await _pair.One.RequireAsync("client", "Approve", "(true,)");

        await fetch;
    }

    [Fact]
    public async Task Deny_AtOne_RefusesAtTheOther()
    {
        Task fetch = _pair.Other.RequireRefusalAsync(_client);
        await _pair.Other.Peer.WaitForAsync("NeedApproval");

        await _pair.One.RequireAsync("client", "Approve", "(false,)");

        await fetch;
    }

    private static Task RequireRefusalAsync(SharingServer server)
        => server.Server.Log.WaitForAsync("WARNING", "Client first: refused its secret: Disabled");
}
