namespace Mandos.TestKit.Daemons;

/// <summary>The database of Mandos servers, as an administrator makes it.</summary>
public static class MandosDatabase
{
    /// <summary>The database.</summary>
    public const string Name = "mandos";

    /// <summary>The role that owns the tables.</summary>
    private const string Owner = "mandos_owner";

    /// <summary>Makes the roles and a database with the tables.</summary>
    public static async Task PrepareAsync(PostgresServer server)
    {
        await server.QueryAsync($"CREATE ROLE {Owner} LOGIN");
        await server.QueryAsync("CREATE ROLE _mandos LOGIN");
        await server.QueryAsync($"CREATE DATABASE {Name} OWNER {Owner}");
        await MigrateAsync(server);
    }

    /// <summary>Runs schema.sql as the owner of the tables.</summary>
    public static Task<string> MigrateAsync(PostgresServer server, string database = Name)
        => server.PsqlAsync(database, "-U", Owner, "-f", Path.Join(Repository.Root, "plugins/StatePostgres/schema.sql"));
}
