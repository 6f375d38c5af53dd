using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts.Samples;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>What the store does beyond its contract.</summary>
public sealed class PostgresStateStoreTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private PostgresServer _postgres = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartAsync();
        await MandosDatabase.PrepareAsync(_postgres);
    }

    public async ValueTask DisposeAsync()
    {
        await _postgres.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Execute_ManyAtOnce_AllAreCommitted()
    {
        await using StoreServer server = await JoinAsync();

        ControlResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(i => server.ExecuteAsync(server.Command($"client{i}", enabled: true))));

        Assert.All(results, static result => Assert.Equal(ControlOutcome.Committed, result.Outcome));
        await server.SyncAsync();
        Assert.Equal(100, server.Clients.Count);
    }

    [Fact]
    public async Task Execute_SettingOfANewerServer_IsKept()
    {
        await using StoreServer server = await JoinAsync();
        await server.CommitAsync("x", enabled: true);
        await _postgres.QueryAsync("UPDATE mandos.client SET settings = settings || '{\"later\": 7}'", MandosDatabase.Name);

        await server.CommitAsync("x", enabled: false);

        Assert.Equal("7", await _postgres.QueryAsync("SELECT settings->>'later' FROM mandos.client", MandosDatabase.Name));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public async Task Save_VeryMany_TakesSeveralTransactionsOnlyWhereOthersWouldWait(bool hasOther, int transactions)
    {
        await using StoreServer server = await JoinAsync();
        await using StoreServer? other = hasOther ? await JoinAsync() : null;
        StoredClient[] clients = [.. Enumerable.Range(0, 12_000).Select(SampleClients.Stored)];

        await server.Store.SaveAsync(clients, [], TestContext.Current.CancellationToken);

        Assert.Equal(12_000, (await server.Store.LoadAsync(TestContext.Current.CancellationToken)).Count);
        await server.SyncAsync();
        Assert.Equal(12_000, server.Clients.Count);
        Assert.Equal(transactions, server.Clients.Values.Select(static client => client.Revision).Distinct().Count());
    }

    [Fact]
    public async Task Load_ClientThatThisServerHasSavedNothingOf_HasNoTimeOfSaving()
    {
        await using StoreServer server = await JoinAsync();
        await using StoreServer other = await JoinAsync();
        await server.Store.SaveAsync([SampleClients.Stored(1)], [], TestContext.Current.CancellationToken);

        StoredClient own = Assert.Single(await server.Store.LoadAsync(TestContext.Current.CancellationToken));
        StoredClient others = Assert.Single(await other.Store.LoadAsync(TestContext.Current.CancellationToken));

        Assert.NotNull(own.SavedAt);
        Assert.Null(others.SavedAt);
    }

    [Fact]
    public async Task Save_NewClient_KeepsWhenItWasSeenAndExpires()
    {
        await using StoreServer server = await JoinAsync();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        StoredClient stored = SampleClients.Stored(1);
        stored = stored with
        {
            Client = stored.Client! with { LastCheckedOk = now.AddHours(-1), LastCheckerStatus = 0, Expires = now.AddHours(2) },
        };

        await server.Store.SaveAsync([stored], [], TestContext.Current.CancellationToken);

        SharedLiveness seen = Assert.Single((await server.SyncAsync()).Liveness);
        Assert.InRange(seen.SinceCheckedOk!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(1.1));
        Assert.InRange(seen.ExpiresIn!.Value, TimeSpan.FromHours(1.9), TimeSpan.FromHours(2));
        ClientSnapshot loaded = Assert.Single(await server.Store.LoadAsync(TestContext.Current.CancellationToken)).Client!;
        Assert.InRange(loaded.Expires!.Value, now.AddHours(1.9), now.AddHours(2.1));
    }

    [Fact]
    public async Task Save_NewClientThatIsDenied_KeepsTheDenialWhileItHolds()
    {
        await using StoreServer server = await JoinAsync();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();

        await server.Store.SaveAsync(
            [SampleClients.Stored(1) with { DeniedUntil = now.AddHours(1) }, SampleClients.Stored(2) with { DeniedUntil = now.AddHours(-1) }],
            [], TestContext.Current.CancellationToken);

        await server.SyncAsync();
        SharedVerdict verdict = Assert.IsType<SharedVerdict>(server.Clients[SampleClients.Stored(1).Name].Control!.Verdict);
        Assert.False(verdict.Approved);
        Assert.InRange(verdict.Left, TimeSpan.FromHours(0.9), TimeSpan.FromHours(1));
        Assert.Null(server.Clients[SampleClients.Stored(2).Name].Control!.Verdict);
    }

    [Fact]
    public async Task Report_BatchWithOneClientTwice_MergesBoth()
    {
        await using StoreServer server = await JoinAsync();
        await server.CommitAsync("x", enabled: true);

        await server.Store.ReportAsync(
            new ServerReport
            {
                Checks =
                [
                    new() { Client = "x", Age = TimeSpan.FromHours(2), Status = 0, GoodFor = TimeSpan.FromHours(5) },
                    new() { Client = "x", Age = TimeSpan.FromHours(1), Status = 3 },
                    new() { Client = "x", Age = TimeSpan.MaxValue, Status = 4, GoodFor = TimeSpan.MaxValue },
                    new() { Client = "unknown", Age = TimeSpan.Zero, Status = 0 },
                ],
            },
            TestContext.Current.CancellationToken);

        SharedLiveness seen = Assert.Single((await server.SyncAsync()).Liveness);
        Assert.Equal(3, seen.Status);
        Assert.InRange(seen.SinceChecked!.Value, TimeSpan.FromHours(1), TimeSpan.FromHours(1.1));
        Assert.InRange(seen.SinceCheckedOk!.Value, TimeSpan.FromHours(2), TimeSpan.FromHours(2.1));
        Assert.InRange(seen.ExpiresIn!.Value, TimeSpan.FromHours(2.9), TimeSpan.FromHours(3));
    }

    [Fact]
    public async Task Watch_DatabaseStartedAgain_GoesOnToHint()
    {
        await using StoreServer server = await JoinAsync();
        await using StoreServer other = await JoinAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        int hints = 0;
        Task watch = Task.Run(
            async () =>
            {
                await foreach (long _ in server.Store.WatchAsync(stop.Token))
                {
                    Interlocked.Increment(ref hints);
                }
            },
            TestContext.Current.CancellationToken);
        await Patience.UntilAsync("it listens", () => Volatile.Read(ref hints) > 0);

        await _postgres.KillAsync();
        await _postgres.RestartAsync();
        await other.SyncAtLastAsync();
        await Patience.UntilAsync("it listens again", () => Volatile.Read(ref hints) > 1);
        int before = Volatile.Read(ref hints);
        await other.CommitAsync("x", enabled: true);

        await Patience.UntilAsync("a hint comes", () => Volatile.Read(ref hints) > before);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    private Task<StoreServer> JoinAsync()
        => StoreServer.JoinAsync(new() { ["hosts"] = _postgres.SocketDirectory }, Directory.CreateDirectory(_directory.PathOf(Guid.NewGuid().ToString())).FullName);
}
