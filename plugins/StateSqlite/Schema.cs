using Mandos.Abstractions.Clients;
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
    /// A step that was ever released does not change. One that changes what a row holds also writes its checksum again.
    /// </remarks>
    private static readonly Action<SqliteConnection>[] _migrations =
    [
        CreateTables,
        AddTimes,
        static connection => AddSetting(connection, 3),
        AddAdded,
        static connection => AddSetting(connection, 5),
        AddBoots,
        static connection => AddSetting(connection, 7),
        AddRotation,
    ];

    /// <summary>The settings that were added, each with the version that has it, in the order of the versions.</summary>
    internal static IReadOnlyList<AddedSetting> AddedSettings { get; } =
    [
        new(3, ClientSetting.Location),
        new(5, ClientSetting.WhenCutOff),
        new(7, ClientSetting.Anomaly),
    ];

    /// <summary>The settings of version 1. Their order, as all others, counts for the checksum.</summary>
    private static readonly SettingColumn[] _firstSettings =
    [
        SettingColumn.KeyId,
        SettingColumn.Fingerprint,
        SettingColumn.Of(ClientSetting.Host),
        SettingColumn.Of(ClientSetting.Checker),
        SettingColumn.CheckerPlugin,
        SettingColumn.Of(ClientSetting.Interval),
        SettingColumn.Of(ClientSetting.Timeout),
        SettingColumn.Of(ClientSetting.ExtendedTimeout),
        SettingColumn.Of(ClientSetting.ApprovalDelay),
        SettingColumn.Of(ClientSetting.ApprovalDuration),
        SettingColumn.Of(ClientSetting.ApprovedByDefault),
    ];

    /// <summary>The present version.</summary>
    public static int Version => _migrations.Length;

    /// <summary>The present columns of a client.</summary>
    public static ClientLayout Clients { get; } = Layout(Version);

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

    /// <summary>The columns of a client in a version.</summary>
    private static ClientLayout Layout(int version) => new(
        [.. _firstSettings, .. AddedSettings.Where(added => added.Version <= version).Select(added => SettingColumn.Of(added.Setting))],
        hasTimes: version >= 2,
        hasAdded: version >= 4,
        hasBoots: version >= 6,
        hasRotation: version >= 8);

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
        Rewrite(connection, 2);
    }

    /// <summary>A version with one more setting of clients. Existing clients have its default.</summary>
    private static void AddSetting(SqliteConnection connection, int version)
    {
        SettingColumn column = SettingColumn.Of(AddedSettings.Single(added => added.Version == version).Setting);
        connection.Execute(
            $"""
            ALTER TABLE client ADD COLUMN {ClientLayout.FilePrefix}{column.Name} {column.Type};
            ALTER TABLE client ADD COLUMN {column.Name} {column.Type};
            """);
        Rewrite(connection, version);
    }

    /// <summary>
    /// Version 4: null for a client of the files; for one that a command added, which no file defines, what else the files would say of it
    /// (<see cref="AddedDefinition"/>).
    /// </summary>
    private static void AddAdded(SqliteConnection connection)
    {
        connection.Execute("ALTER TABLE client ADD COLUMN added TEXT");
        Rewrite(connection, 4);
    }

    /// <summary>
    /// Version 6: the reboot that is expected, as far as one is; until when the next request is a rehearsal; when the client got its present secret
    /// last, and by what its key, secret and host of then are known again.
    /// </summary>
    private static void AddBoots(SqliteConnection connection)
    {
        connection.Execute(
            """
            ALTER TABLE client ADD COLUMN reboot_until INTEGER;
            ALTER TABLE client ADD COLUMN reboot_reason TEXT;
            ALTER TABLE client ADD COLUMN reboot_unapproved INTEGER;
            ALTER TABLE client ADD COLUMN rehearsal_until INTEGER;
            ALTER TABLE client ADD COLUMN proven_at INTEGER;
            ALTER TABLE client ADD COLUMN proof BLOB;
            """);
        Rewrite(connection, 6);
    }

    /// <summary>
    /// Version 8: the key that is to take the place of the present one; when it got its secret last, and by what that is known again; the key that the
    /// present one has taken the place of, and when.
    /// </summary>
    private static void AddRotation(SqliteConnection connection)
    {
        connection.Execute(
            """
            ALTER TABLE client ADD COLUMN next_key_id TEXT;
            ALTER TABLE client ADD COLUMN tried_at INTEGER;
            ALTER TABLE client ADD COLUMN trial_proof BLOB;
            ALTER TABLE client ADD COLUMN retired_key_id TEXT;
            ALTER TABLE client ADD COLUMN promoted_at INTEGER;
            """);
        Rewrite(connection, 8);
    }

    /// <summary>Writes the clients of the version before into the columns of a version: each checksum is over the new ones too.</summary>
    private static void Rewrite(SqliteConnection connection, int version)
    {
        ClientLayout before = Layout(version - 1);
        List<StoredClient> clients = [];
        long checksum = 0;
        using (SqliteCommand select = connection.Prepare(before.Select))
        using (SqliteDataReader reader = select.ExecuteReader())
        {
            var row = new RowReader(reader.Handle!, before);
            while (reader.Read())
            {
                clients.Add(ClientRow.Read(row));
                checksum ^= row.Complete();
            }
        }

        if (connection.Scalar($"SELECT count(*) FROM summary WHERE clients = {clients.Count} AND checksum = {checksum}") == 0)
        {
            throw new DamageException("some clients are missing or out of date");
        }

        if (clients.Count == 0)
        {
            return;
        }

        connection.Execute("DELETE FROM client");
        ClientLayout after = Layout(version);
        using var insert = new Statement(connection, after.Insert);
        var writer = new RowWriter(insert, after);
        checksum = 0;
        foreach (StoredClient client in clients)
        {
            ClientRow.Write(client, writer);
            checksum ^= writer.Complete();
            insert.Run();
        }

        connection.Execute($"UPDATE summary SET checksum = {checksum}");
    }

    /// <summary>A setting that was added.</summary>
    /// <param name="Version">The version that has it.</param>
    /// <param name="Setting">The setting.</param>
    internal sealed record AddedSetting(int Version, ClientSetting Setting);
}
