using Mandos.Abstractions.Persistence;
using Microsoft.Data.Sqlite;

namespace Mandos.StateSqlite;

/// <summary>The tables, and how they came to be.</summary>
internal static class Schema
{
    /// <summary>Says in the file's header whose database it is (“Mand”).</summary>
    public const int ApplicationId = 0x4D616E64;

    /// <summary>
    /// The steps from an empty database to the present tables: the first makes version 1 of it, the second version 2 …
    /// </summary>
    /// <remarks>
    /// A step that was ever released does not change. One that changes what a row holds also writes its checksum anew.
    /// </remarks>
    private static readonly Action<SqliteConnection>[] _migrations = [CreateTables, AddTimes];

    /// <summary>The present version.</summary>
    public static int Version => _migrations.Length;

    /// <summary>
    /// The columns of a client in the order of <see cref="ClientRow"/>; the last is the checksum over the others.
    /// </summary>
    public static IReadOnlyList<string> ClientColumns { get; } = Columns(["saved_at", "left_at", "denied_until"]);

    /// <summary>The columns of version 1.</summary>
    private static readonly IReadOnlyList<string> _firstColumns = Columns([]);

    private static IReadOnlyList<string> Columns(string[] times) =>
    [
        "name",
        "file_enabled",
        .. SettingsColumns("file_"),
        "encrypted_secret",
        .. times,
        "removed",
        "created",
        "enabled",
        "last_enabled",
        "expires",
        "last_checked_ok",
        "last_checker_status",
        "last_approval_request",
        "own_settings",
        .. SettingsColumns(""),
        "checksum",
    ];

    /// <summary>Reads all clients.</summary>
    public static string SelectClients { get; } = Select(ClientColumns);

    /// <summary>Adds a client; the parameters are called <c>$</c> and the column's name.</summary>
    public static string InsertClient { get; } =
        $"INSERT INTO client ({string.Join(", ", ClientColumns)}) VALUES (${string.Join(", $", ClientColumns)})";

    /// <summary>Brings the tables to the present version, inside the caller's transaction.</summary>
    /// <param name="connection">The database.</param>
    /// <returns>The version that it had.</returns>
    /// <exception cref="VersionException">It is newer than this server.</exception>
    public static int Migrate(SqliteConnection connection) => Migrate(connection, _migrations);

    /// <inheritdoc cref="Migrate(SqliteConnection)"/>
    /// <param name="connection">The database.</param>
    /// <param name="migrations">All steps that there are.</param>
    internal static int Migrate(SqliteConnection connection, IReadOnlyList<Action<SqliteConnection>> migrations)
    {
        long version = connection.Scalar("PRAGMA user_version");
        if (version > migrations.Count)
        {
            throw new VersionException(version, migrations.Count);
        }

        if (version < 0)
        {
            throw new DamageException($"{version} is not a version");
        }

        foreach (Action<SqliteConnection> migration in migrations.Skip((int)version))
        {
            migration(connection);
        }

        if (version < migrations.Count)
        {
            connection.Execute($"PRAGMA user_version = {migrations.Count}");
        }

        return (int)version;
    }

    private static string Select(IEnumerable<string> columns) => $"SELECT {string.Join(", ", columns)} FROM client";

    private static string[] SettingsColumns(string prefix) =>
    [
        $"{prefix}key_id",
        $"{prefix}fingerprint",
        $"{prefix}host",
        $"{prefix}checker",
        $"{prefix}checker_plugin",
        $"{prefix}interval",
        $"{prefix}timeout",
        $"{prefix}extended_timeout",
        $"{prefix}approval_delay",
        $"{prefix}approval_duration",
        $"{prefix}approved_by_default",
    ];

    /// <summary>Version 1.</summary>
    /// <remarks>
    /// Durations and times are in ticks of 100 ns, times since 0001-01-01 UTC, so that they come back exactly as they were. A
    /// client that was removed at run time has nothing after <c>removed</c>, and one whose settings are those of the file nothing
    /// after <c>own_settings</c>. <c>summary</c> counts the clients and has the exclusive or of their checksums: a client that is
    /// missing or out of date shows.
    /// </remarks>
    private static void CreateTables(SqliteConnection connection) => connection.Execute(
        """
        CREATE TABLE client (
            name TEXT NOT NULL PRIMARY KEY,
            file_enabled INTEGER NOT NULL,
            file_key_id TEXT,
            file_fingerprint TEXT,
            file_host TEXT NOT NULL,
            file_checker TEXT NOT NULL,
            file_checker_plugin TEXT,
            file_interval INTEGER NOT NULL,
            file_timeout INTEGER NOT NULL,
            file_extended_timeout INTEGER NOT NULL,
            file_approval_delay INTEGER NOT NULL,
            file_approval_duration INTEGER NOT NULL,
            file_approved_by_default INTEGER NOT NULL,
            encrypted_secret BLOB NOT NULL,
            removed INTEGER NOT NULL,
            created INTEGER,
            enabled INTEGER,
            last_enabled INTEGER,
            expires INTEGER,
            last_checked_ok INTEGER,
            last_checker_status INTEGER,
            last_approval_request INTEGER,
            own_settings INTEGER,
            key_id TEXT,
            fingerprint TEXT,
            host TEXT,
            checker TEXT,
            checker_plugin TEXT,
            interval INTEGER,
            timeout INTEGER,
            extended_timeout INTEGER,
            approval_delay INTEGER,
            approval_duration INTEGER,
            approved_by_default INTEGER,
            checksum INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE summary (
            clients INTEGER NOT NULL,
            checksum INTEGER NOT NULL
        ) STRICT;
        INSERT INTO summary VALUES (0, 0);
        """);

    /// <summary>Version 2: when a client was saved, when it left the files, and until when it is denied.</summary>
    private static void AddTimes(SqliteConnection connection)
    {
        connection.Execute(
            """
            ALTER TABLE client ADD COLUMN saved_at INTEGER;
            ALTER TABLE client ADD COLUMN left_at INTEGER;
            ALTER TABLE client ADD COLUMN denied_until INTEGER;
            """);
        List<StoredClient> clients = [];
        long checksum = 0;
        using (SqliteCommand select = connection.Prepare(Select(_firstColumns)))
        using (SqliteDataReader reader = select.ExecuteReader())
        {
            var row = new RowReader(reader.Handle!, _firstColumns.Count);
            while (reader.Read())
            {
                clients.Add(ClientRow.Read(row, hasTimes: false));
                checksum ^= row.Complete();
            }
        }

        if (connection.Scalar($"SELECT count(*) FROM summary WHERE clients = {clients.Count} AND checksum = {checksum}") == 0)
        {
            throw new DamageException("some clients are missing or out of date");
        }

        // Each checksum is over the new columns too.
        connection.Execute("DELETE FROM client");
        using SqliteCommand insert = connection.Prepare(InsertClient);
        var writer = new RowWriter(insert);
        checksum = 0;
        foreach (StoredClient client in clients)
        {
            ClientRow.Write(client, writer);
            checksum ^= writer.Complete();
            insert.ExecuteNonQuery();
        }

        connection.Execute($"UPDATE summary SET checksum = {checksum}");
    }
}
