using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Sharing;

/// <summary>Two real servers on one real PostgreSQL: what is decided at one holds at the other.</summary>
public sealed class SharedStateTests(ClientKeys keys) : IAsyncLifetime
{
    private readonly TestClient _client = new("client");
    private PostgresServer _database = null!;
    private SharingServer _one = null!;
    private SharingServer _other = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresServer.StartAsync();
        await MandosDatabase.PrepareAsync(_database);
        string[] clients =
        [
            keys.First.StanzaWith("checker = true"),
            _client.StanzaWith("checker = true", "approval_delay = PT1H", "approved_by_default = False"),
        ];
        _one = await SharingServer.PrepareAsync("one", new SharingPlace(_database.SocketDirectory), clients);
        _other = await SharingServer.PrepareAsync("other", new SharingPlace(_database.SocketDirectory), clients);
        await Task.WhenAll(_one.StartAsync(), _other.StartAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }

        if (_one is not null)
        {
            await _one.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Disable_AtOne_HoldsAtBothUntilEnabledAtTheOther()
    {
        await keys.First.RequirePasswordAsync(_one.Server.EndPoint);
        await keys.First.RequirePasswordAsync(_other.Server.EndPoint);

        await _one.RequireAsync("first", "Disable");
        Task[] boots = [keys.First.RequirePasswordAsync(_one.Server.EndPoint), keys.First.RequirePasswordAsync(_other.Server.EndPoint)];
        await RequireRefusalAsync(_one);
        await RequireRefusalAsync(_other);
        Assert.Equal("false", await _other.Peer.GetAsync("/clients/first", "Enabled"));

        await _other.RequireAsync("first", "Enable");
        await Task.WhenAll(boots); // it asks again after ten seconds
    }

    [Fact]
    public async Task Disable_OtherIsKilledAndStartsAgain_HoldsThere()
    {
        await _other.Server.KillAsync();
        await _one.RequireAsync("first", "Disable");
        await _other.StartAsync();

        Task boot = keys.First.RequirePasswordAsync(_other.Server.EndPoint);
        await RequireRefusalAsync(_other);
        await _other.RequireAsync("first", "Enable");
        await boot;
    }

    [Fact]
    public async Task Approve_AtOne_ReleasesAtTheOther()
    {
        Task fetch = _client.RequireSecretAsync(_other.Server);
        await _other.Peer.WaitForAsync("NeedApproval");

        await _one.RequireAsync("client", "Approve", "(true,)");

        await fetch;
    }

    [Fact]
    public async Task Deny_AtOne_RefusesAtTheOther()
    {
        Task fetch = _client.RequireRefusalAsync(_other.Server);
        await _other.Peer.WaitForAsync("NeedApproval");

        await _one.RequireAsync("client", "Approve", "(false,)");

        await fetch;
    }

    private static Task RequireRefusalAsync(SharingServer server)
        => server.Server.Log.WaitForAsync("WARNING", "Client first: refused its secret: Disabled");
}
