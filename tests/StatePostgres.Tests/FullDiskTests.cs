using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts.Persistence;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>A database whose disk is full.</summary>
public sealed class FullDiskTests
{
    private const int DiskMegabytes = 64;

    [Fact]
    public async Task Execute_DiskFull_SaysSoAndGoesOnWhenThereIsRoom()
    {
        Assert.SkipUnless(SmallDisk.IsPossible, "only root can mount a small disk");
        using var directory = new TemporaryDirectory();
        await using PostgresServer postgres = await PostgresServer.StartOnSmallDiskAsync(DiskMegabytes);
        await MandosDatabase.PrepareAsync(postgres);
        await using StoreServer server = await StoreServer.JoinAsync(new() { ["hosts"] = postgres.SocketDirectory }, directory.FullName);
        await server.SyncAsync();
        await server.CommitAsync("x", enabled: true);
        postgres.FillDisk();

        string reason = await StoreServer.FailAsync(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                await server.ExecuteAsync(server.Command($"large{i}", enabled: true, secretSize: 1 << 18));
            }
        });

        Assert.Contains("No space left on device (53100)", reason, StringComparison.Ordinal);
        await server.SyncAsync(); // what needs no new room goes on
        postgres.MakeRoom();
        Assert.Equal(ControlOutcome.Committed, (await server.ExecuteAsync(server.Command("large", enabled: true, secretSize: 1 << 18))).Outcome);
        await server.CommitAsync("x", enabled: false);
    }
}
