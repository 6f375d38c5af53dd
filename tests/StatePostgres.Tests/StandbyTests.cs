using Mandos.Abstractions.Sharing;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>What the store says while a primary is down, or has no standby that answers.</summary>
public sealed class StandbyTests : IAsyncLifetime
{
    private readonly DatabaseCluster _cluster = new();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

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
        Assert.Equal("1", await _cluster.Primary.QueryAsync("SELECT count(*) FROM mandos.client", MandosDatabase.Name));
        await _cluster.Standby.ThawAsync();
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

    [Fact]
    public async Task Sync_PrimaryKilledAndStartedAgain_GoesOnWithAllThatWasCommitted()
    {
        await using StoreServer server = await JoinAsync();
        await server.CommitAsync("x", enabled: true);

        await _cluster.Primary.KillAsync();

        await StoreServer.FailAsync(server.SyncAsync);
        await StoreServer.FailAsync(() => server.ExecuteAsync(server.Command("x", enabled: false)));

        await _cluster.Primary.RestartAsync();

        await server.SyncAtLastAsync();
        await server.CommitAsync("x", enabled: false);
        Assert.False(server.Clients["x"].Control!.Enabled);
    }

    private Task<StoreServer> JoinAsync() => StoreServer.JoinAsync(_cluster.LenientSettings(), _cluster.AddDirectory());
}
