using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace StatePostgres.Tests;

/// <summary>A PostgreSQL with a standby that it waits for, and databases for Mandos servers on it.</summary>
public sealed class DatabaseCluster : IAsyncLifetime
{
    /// <summary>The name of the standby.</summary>
    public const string Standbys = "standby1";

    /// <summary>The role that owns the tables.</summary>
    private const string Owner = "mandos_owner";

    /// <summary>The database.</summary>
    public const string Database = "mandos";

    private readonly TemporaryDirectory _directories = new();

    /// <summary>The primary at first.</summary>
    public PostgresServer Primary { get; private set; } = null!;

    /// <summary>Its standby.</summary>
    public PostgresServer Standby { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Primary = await PostgresServer.StartAsync();
        await PrepareAsync(Primary);
        Standby = await Primary.AddStandbyAsync(Standbys);
        await Primary.SetAsync("synchronous_standby_names", Standbys);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directories.Dispose();
    }

    /// <summary>Begins again with a new primary and standby.</summary>
    public async Task RenewAsync()
    {
        await StopAsync();
        await InitializeAsync();
    }

    /// <summary>Makes the roles and a database with the tables, as an administrator does.</summary>
    public static async Task PrepareAsync(PostgresServer server)
    {
        await server.QueryAsync($"CREATE ROLE {Owner} LOGIN");
        await server.QueryAsync("CREATE ROLE _mandos LOGIN");
        await server.QueryAsync($"CREATE DATABASE {Database} OWNER {Owner}");
        await MigrateAsync(server);
    }

    /// <summary>Runs schema.sql as the owner of the tables.</summary>
    public static Task<string> MigrateAsync(PostgresServer server, string database = Database)
        => server.PsqlAsync(database, "-U", Owner, "-f", Path.Join(Repository.Root, "plugins/StatePostgres/schema.sql"));

    /// <summary>Empties the tables.</summary>
    public Task<string> EmptyAsync() => Primary.QueryAsync(
        """
        TRUNCATE mandos.client, mandos.liveness, mandos.command, mandos.server, mandos.file_settings, mandos.request;
        UPDATE mandos.meta SET revision = 0
        """,
        Database);

    /// <summary>The settings of a server that knows both.</summary>
    public Dictionary<string, string> Settings() => new()
    {
        ["hosts"] = $"{Primary.SocketDirectory}, {Standby.SocketDirectory}",
    };

    /// <summary>A server that knows both, without a second standby for which the first could wait as the primary.</summary>
    public Dictionary<string, string> LenientSettings() => new(Settings()) { ["require_synchronous"] = "false" };

    /// <summary>A directory for what one server keeps.</summary>
    public string AddDirectory()
    {
        string path = _directories.PathOf(Guid.NewGuid().ToString());
        Directory.CreateDirectory(path);
        return path;
    }

    private async Task StopAsync()
    {
        await Standby.DisposeAsync();
        await Primary.DisposeAsync();
    }
}
