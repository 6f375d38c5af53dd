using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>What the store says while a primary or its standby breaks, hangs, or is replaced.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private readonly DatabaseCluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Sync_PrimaryKilledAndStartedAgain_GoesOnWithAllThatWasCommitted()
    {
        await using StoreServer server = await JoinAsync();
        await server.CommitAsync("x", enabled: true);

        _cluster.Primary.Kill();

        await StoreServer.FailAsync(server.SyncAsync);
        await StoreServer.FailAsync(() => server.ExecuteAsync(server.Command("x", enabled: false)));

        await _cluster.Primary.RestartAsync();

        await server.SyncAtLastAsync();
        await server.CommitAsync("x", enabled: false);
        Assert.False(server.Clients["x"].Control!.Enabled);
    }

    [Fact]
    public async Task Execute_NoStandbyAnswers_IsUnknownAndKnownWhenOneIsBack()
    {
        await using StoreServer server = await JoinAsync();
        await using StoreServer other = await JoinAsync();
        await server.SyncAsync();
        await _cluster.Standby.FreezeAsync();
        ControlCommand command = server.Command("x", enabled: true);

        Assert.Equal(ControlOutcome.Unknown, (await server.ExecuteAsync(command)).Outcome);
        string reason = await StoreServer.FailAsync(other.SyncAsync);
        Assert.Contains("standby", reason, StringComparison.Ordinal);

        await _cluster.Standby.ThawAsync();

        await other.SyncAtLastAsync();
        Assert.NotNull(await other.Store.FindCommandAsync(command.Id, TestContext.Current.CancellationToken));
        Assert.True(other.Clients["x"].Control!.Enabled);
    }

    [Theory]
    [InlineData("pg_cancel_backend")]
    [InlineData("pg_terminate_backend")]
    public async Task Execute_CommitThatSomebodyCancels_IsUnknown(string how)
    {
        await using StoreServer server = await JoinAsync();
        await server.SyncAsync();
        await _cluster.Standby.FreezeAsync();
        ControlCommand command = server.Command("x", enabled: true);

        Task<ControlResult> result = server.ExecuteAsync(command);
        await Patience.UntilAsync("the commit is cancelled", async () => await _cluster.Primary.QueryAsync(
            $"SELECT {how}(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "t");

        // PostgreSQL says that it is done, and with a warning alone that no standby has it.
        Assert.Equal(ControlOutcome.Unknown, (await result).Outcome);
        Assert.Equal("1", await _cluster.Primary.QueryAsync("SELECT count(*) FROM mandos.client", DatabaseCluster.Database));
        await _cluster.Standby.ThawAsync();
    }

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

        _cluster.Standby.Kill();
        await using var again = new StoreServer(_cluster.LenientSettings(), directory);

        Assert.Contains("a standby has taken its place", await StoreServer.FailAsync(again.JoinAsync), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it waits for no standby")]
    [InlineData("*", "has “*”")]
    public async Task Sync_PrimaryThatStopsToWaitForStandbys_CountsNoMore(string names, string reason)
    {
        await using StoreServer server = await StoreServer.JoinAsync(_cluster.Settings(), _cluster.AddDirectory());
        await server.SyncAsync();
        await _cluster.Primary.SetAsync("synchronous_standby_names", names);

        Assert.Contains(reason, await StoreServer.FailAsync(server.SyncAsync), StringComparison.Ordinal);

        await _cluster.Primary.SetAsync("synchronous_standby_names", DatabaseCluster.Standbys);
        await server.SyncAtLastAsync();
    }

    private Task<StoreServer> JoinAsync() => StoreServer.JoinAsync(_cluster.LenientSettings(), _cluster.AddDirectory());
}
