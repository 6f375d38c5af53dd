using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>A database that is not as it should be: one clear line, nothing lost, and the store goes on when that is mended.</summary>
public sealed class RefusalTests(RefusalTests.SharedPostgres shared) : IClassFixture<RefusalTests.SharedPostgres>, IAsyncLifetime
{
    private const string Database = MandosDatabase.Name;

    private readonly TemporaryDirectory _directory = new();
    private readonly PostgresServer _postgres = shared.Server;

    private Dictionary<string, string> Settings => new() { ["hosts"] = _postgres.SocketDirectory };

    private string Prefix => $"database mandos of PostgreSQL at {_postgres.SocketDirectory}: ";

    public async ValueTask InitializeAsync()
    {
        await _postgres.QueryAsync("DROP SCHEMA IF EXISTS mandos CASCADE", Database);
        await MandosDatabase.MigrateAsync(_postgres);
    }

    public ValueTask DisposeAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Join_DatabaseDown_SaysSoAndSucceedsWhenItIsUp()
    {
        await _postgres.KillAsync();
        await using var server = new StoreServer(Settings, _directory.FullName);

        Assert.StartsWith(Prefix + "Failed to connect", await StoreServer.FailAsync(server.JoinAsync), StringComparison.Ordinal);

        await _postgres.RestartAsync();
        await Patience.UntilAsync("it joins", () => DoneAsync(server.JoinAsync));
        await server.SyncAsync();
    }

    [Fact]
    public async Task Join_NoSocketThere_SaysWhichIsMissing()
    {
        await using var server = new StoreServer(new() { ["hosts"] = _directory.FullName }, _directory.FullName);

        Assert.Equal(
            $"database mandos of PostgreSQL at {_directory.FullName}: there is no socket {_directory.FullName}/.s.PGSQL.5432: PostgreSQL does not run there, "
                + "or hosts has to name another folder",
            await StoreServer.FailAsync(server.JoinAsync));
    }

    [Fact]
    public async Task Join_SocketWhereEverybodyMayPutOne_IsRefused()
    {
        string folder = Directory.CreateDirectory(_directory.PathOf("open")).FullName;
        File.CreateSymbolicLink(Path.Join(folder, ".s.PGSQL.5432"), Path.Join(_postgres.SocketDirectory, ".s.PGSQL.5432"));
        await using var server = new StoreServer(new() { ["hosts"] = folder }, _directory.FullName);
        File.SetUnixFileMode(folder, (UnixFileMode)0b1_111_111_111);
        Assert.EndsWith(
            $"everybody may put a socket into {folder}; use a folder that is PostgreSQL's alone", await StoreServer.FailAsync(server.JoinAsync),
            StringComparison.Ordinal);

        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        await Patience.UntilAsync("it joins", () => DoneAsync(server.JoinAsync));
    }

    [Fact]
    public async Task Join_NoTables_SaysWhatToRun()
    {
        await _postgres.QueryAsync("DROP SCHEMA mandos CASCADE", Database);
        await using var server = new StoreServer(Settings, _directory.FullName);

        Assert.Equal(
            Prefix + "it has no tables of Mandos: have its administrator run schema.sql, which is beside this plugin",
            await StoreServer.FailAsync(server.JoinAsync));
    }

    [Fact]
    public async Task Join_TablesOfTheNextVersion_AreUsed()
    {
        await _postgres.QueryAsync("UPDATE mandos.meta SET version = 2, oldest = 1; ALTER TABLE mandos.client ADD COLUMN later integer", Database);
        await using StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName);

        await server.SyncAsync();
        await server.CommitAsync("x", enabled: true);
    }

    [Theory]
    [InlineData(3, 2, "its tables are of version 3, for servers from version 2 on, and this one has version 1: install a newer server")]
    [InlineData(0, 0, "its tables are of version 0, and this server needs 1: have its administrator run schema.sql, which is beside this plugin")]
    public async Task Sync_TablesOfAnotherVersion_AreRefused(int version, int oldest, string reason)
    {
        await using StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName);
        await server.SyncAsync();
        await _postgres.QueryAsync($"UPDATE mandos.meta SET version = {version}, oldest = {oldest}", Database);

        Assert.Equal(Prefix + reason, await StoreServer.FailAsync(server.SyncAsync));

        await _postgres.QueryAsync("UPDATE mandos.meta SET version = 1, oldest = 1", Database);
        await server.SyncAtLastAsync();
    }

    [Fact]
    public async Task Migrate_SeveralAtOnce_MakesTheTablesOnce()
    {
        await _postgres.QueryAsync("DROP SCHEMA mandos CASCADE", Database);

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => MandosDatabase.MigrateAsync(_postgres)));

        Assert.Equal("1", await _postgres.QueryAsync("SELECT count(*) FROM mandos.meta WHERE version = 1", Database));
    }

    [Fact]
    public async Task Migrate_TablesThatAreNewer_AreLeftAlone()
    {
        await _postgres.QueryAsync("UPDATE mandos.meta SET version = 2", Database);

        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => MandosDatabase.MigrateAsync(_postgres));

        Assert.Contains("the tables are of version 2, which is newer than this file, of version 1", failure.Message, StringComparison.Ordinal);
        Assert.Equal("2", await _postgres.QueryAsync("SELECT version FROM mandos.meta", Database));
    }

    [Fact]
    public async Task Join_DatabaseOfAnotherSite_IsRefused()
    {
        await using (StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName))
        {
            await server.SyncAsync();
        }

        await _postgres.QueryAsync("UPDATE mandos.meta SET site = gen_random_uuid()", Database);
        await using var again = new StoreServer(Settings, _directory.FullName);

        string reason = await StoreServer.FailAsync(again.JoinAsync);

        Assert.StartsWith(Prefix + "it is the database of another site than before", reason, StringComparison.Ordinal);
        Assert.Contains(_directory.PathOf("postgres-fence"), reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_CopyOfTheTablesInAnotherPostgres_IsRefused()
    {
        await using (StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName))
        {
            await server.SyncAsync();
        }

        await using PostgresServer other = await PostgresServer.StartAsync();
        await MandosDatabase.PrepareAsync(other);
        await other.QueryAsync($"UPDATE mandos.meta SET site = '{await _postgres.QueryAsync("SELECT site FROM mandos.meta", Database)}'", Database);
        await using var again = new StoreServer(new() { ["hosts"] = other.SocketDirectory }, _directory.FullName);

        Assert.Contains("it is another PostgreSQL than before", await StoreServer.FailAsync(again.JoinAsync), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_DamagedFence_IsRefused()
    {
        string file = _directory.Write("postgres-fence", "site 1");
        await using var server = new StoreServer(Settings, _directory.FullName);

        Assert.Contains($"{file} is damaged", await StoreServer.FailAsync(server.JoinAsync), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_RoleWithoutRights_SaysSoAndGoesOnWhenItHasThem()
    {
        await using StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName);
        await server.SyncAsync();
        await _postgres.QueryAsync("REVOKE INSERT ON mandos.client FROM _mandos", Database);

        Assert.Equal(
            Prefix + "permission denied for table client (42501)",
            await StoreServer.FailAsync(() => server.ExecuteAsync(server.Command("x", enabled: true))));
        await server.SyncAsync();

        await MandosDatabase.MigrateAsync(_postgres);
        await server.CommitAsync("x", enabled: true);
    }

    [Fact]
    public async Task Role_OfTheServers_CanChangeNeitherTablesNorWhoseTheyAre()
    {
        foreach (string forbidden in (string[])["CREATE TABLE mandos.x ()", "DROP TABLE mandos.client", "UPDATE mandos.meta SET site = gen_random_uuid()",
            "UPDATE mandos.meta SET version = 9", "ALTER TABLE mandos.client ADD x integer", "CALL mandos.remove_server('x')"])
        {
            Exception failure = await Assert.ThrowsAnyAsync<Exception>(
                () => _postgres.PsqlAsync(Database, "-U", "_mandos", "-c", forbidden));
            Assert.Matches("permission denied|must be owner|no server is registered", failure.Message);
        }
    }

    [Fact]
    public async Task Sync_ServerThatStallsWithinATransaction_HoldsUpNobodyForLong()
    {
        await using StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName);
        await server.SyncAsync();
        var settings = Mandos.StatePostgres.Connecting.PostgresSettings.Read(Settings);
        await using Npgsql.NpgsqlDataSource source = Mandos.StatePostgres.Connecting.DataSources.Create(settings.Hosts[0], settings);
        await using var stalled = await Mandos.StatePostgres.Connecting.Session.OpenAsync(source, settings.Hosts[0]);
        await stalled.RunAsync(new("BEGIN"), new("UPDATE mandos.meta SET synced = clock_timestamp()"));

        await server.SyncAtLastAsync();

        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => stalled.RunAsync(new Mandos.StatePostgres.Connecting.Statement("COMMIT")));
    }

    [Fact]
    public async Task RemoveServer_ServerThatRuns_IsFencedOffAtOnceAndOnTheListUntilItsPermissionHasEnded()
    {
        await using StoreServer server = await StoreServer.JoinAsync(Settings, _directory.FullName);
        await using StoreServer other = await StoreServer.JoinAsync(Settings, _directory.FullName);
        await server.SyncAsync();

        Task removal = _postgres.QueryAsync($"CALL mandos.remove_server('{server.Identity.Name}')", Database);

        await Patience.UntilAsync("it is fenced off", async () =>
        {
            try
            {
                await server.SyncAsync();
                return false;
            }
            catch (ServerFencedException)
            {
                return true;
            }
        });
        Assert.Equal(2, (await other.SyncAsync()).Servers.Count);
        await removal;
        Assert.Equal(other.Identity, Assert.Single((await other.SyncAsync()).Servers).Identity);
    }

    private static async Task<bool> DoneAsync(Func<Task> call)
    {
        try
        {
            await call();
            return true;
        }
        catch (StateStoreException)
        {
            return false;
        }
    }

    /// <summary>The PostgreSQL of all these tests; each has new tables.</summary>
    public sealed class SharedPostgres : IAsyncLifetime
    {
        public PostgresServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await PostgresServer.StartAsync();
            await MandosDatabase.PrepareAsync(Server);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
