using Mandos.Abstractions.Persistence;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>What the store says while a standby takes the place of its primary.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private readonly DatabaseCluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Sync_StandbyPromotedWhilePrimaryIsFrozen_GoesToItAndStaysThere()
    {
        await using StoreServer server = await JoinAsync();
        await using StoreServer other = await JoinAsync();
        await server.CommitAsync("x", enabled: true);
        await _cluster.Primary.FreezeAsync();
        await _cluster.Standby.PromoteAsync();

        await server.SyncAtLastAsync();
        await server.CommitAsync("x", enabled: false);
        await _cluster.Primary.ThawAsync();

        await other.SyncAtLastAsync();
        Assert.False(other.Clients["x"].Control!.Enabled);
    }

    [Fact]
    public async Task Sync_OldPrimaryThatAnotherStandbyStillFollows_IsLeft()
    {
        await using PostgresServer second = await _cluster.Primary.AddStandbyAsync("standby2");
        await _cluster.Primary.SetAsync("synchronous_standby_names", "ANY 1 (standby1, standby2)");
        await using StoreServer server = await JoinAsync();
        await server.CommitAsync("x", enabled: true);

        await _cluster.Standby.PromoteAsync();
        await using StoreServer other = await JoinAsync(); // it finds the new one at once, as it connects
        await other.SyncAsync();
        await other.CommitAsync("x", enabled: false);

        // The old one goes on to commit cleanly: nothing but the look at the other host tells.
        await Patience.UntilAsync("the old primary is left", async () =>
        {
            try
            {
                await server.SyncAsync();
            }
            catch (StateStoreException)
            {
                // On the way.
            }

            return !server.Clients["x"].Control!.Enabled;
        });
    }

    [Fact]
    public async Task Join_OnlyTheReplacedPrimaryIsThere_IsRefusedAfterARestartToo()
    {
        string directory = _cluster.AddDirectory();
        await using (StoreServer server = await StoreServer.JoinAsync(_cluster.LenientSettings(), directory))
        {
            await server.SyncAsync();
            await _cluster.Standby.PromoteAsync();
            await server.SyncAtLastAsync();
        }

        await _cluster.Standby.KillAsync();
        await using var again = new StoreServer(_cluster.LenientSettings(), directory);

        Assert.Contains("a standby has taken its place", await StoreServer.FailAsync(again.JoinAsync), StringComparison.Ordinal);
    }

    private Task<StoreServer> JoinAsync() => StoreServer.JoinAsync(_cluster.LenientSettings(), _cluster.AddDirectory());
}
