namespace Mandos.TestKit.Daemons;

/// <summary>What an administrator makes in a PostgreSQL for Mandos servers, as docs/several-servers.md says.</summary>
public static class MandosDatabase
{
    /// <summary>The database.</summary>
    public const string Name = "mandos";

    /// <summary>The role that owns the tables.</summary>
    public const string Owner = "mandos_owner";

    /// <summary>The role by which the servers log in.</summary>
    public const string Server = "_mandos";

    /// <summary>Makes the roles and the database with its tables.</summary>
    public static async Task PrepareAsync(PostgresServer server)
    {
        await server.QueryAsync($"CREATE ROLE {Owner} LOGIN");
        await server.QueryAsync($"CREATE ROLE {Server} LOGIN");
        await server.QueryAsync($"CREATE DATABASE {Name} OWNER {Owner}");
        await MigrateAsync(server);
    }

    /// <summary>Path of the schema.sql of this version.</summary>
    public static string Schema { get; } = Path.Join(Repository.Root, "plugins/StatePostgres/schema.sql");

    /// <summary>Runs a schema.sql as the owner of the tables.</summary>
    /// <param name="server">Where.</param>
    /// <param name="database">The database.</param>
    /// <param name="schema">Path of another version's; null for <see cref="Schema"/>.</param>
    public static Task<string> MigrateAsync(PostgresServer server, string database = Name, string? schema = null)
        => server.PsqlAsync(database, "-U", Owner, "-f", schema ?? Schema);
}
