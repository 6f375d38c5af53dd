using Mandos.Abstractions.Persistence;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>An open database, locked against other servers. Not thread-safe.</summary>
internal sealed class StateDatabase : IDisposable
{
    /// <summary>How long to wait for another server that is just stopping.</summary>
    private const int BusySeconds = 2;

    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _delete;
    private readonly SqliteParameter _deletedName;
    private readonly RowWriter _row;

    private StateDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _insert = connection.Prepare(Schema.InsertClient);
        _delete = connection.Prepare("DELETE FROM client WHERE name = $name RETURNING checksum");
        _deletedName = _delete.Parameters.Add("$name", SqliteType.Text);
        _row = new RowWriter(_insert);
    }

    /// <summary>Makes the tables in a new, empty file.</summary>
    /// <param name="path">Path of the file.</param>
    public static void Create(string path)
    {
        using SqliteConnection connection = Connect(path);
        connection.Execute($"PRAGMA synchronous = FULL; BEGIN IMMEDIATE; PRAGMA application_id = {Schema.ApplicationId}");
        Schema.Migrate(connection);
        connection.Execute("COMMIT");
    }

    /// <summary>Opens a database and locks it.</summary>
    /// <param name="path">Path of the file, which exists.</param>
    public static StateDatabase Open(string path)
    {
        SqliteConnection connection = Connect(path);
        try
        {
            // Exclusive, hence no memory shared with others; the log is emptied by Checkpoint after each save rather than
            // automatically.
            connection.Execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
            string journal = connection.Text("PRAGMA journal_mode = WAL");
            if (journal != "wal")
            {
                throw new DamageException($"its journal mode is {journal} and cannot be changed to wal");
            }

            connection.Execute("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
            return new StateDatabase(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes sure that the database is ours, writable and undamaged, brings it to the present version and reads it.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="migratedFrom">The version that it had.</param>
    public List<StoredClient> Verify(CancellationToken cancellationToken, out int migratedFrom)
    {
        List<StoredClient> clients = [];
        int version = 0;
        InTransaction(() =>
        {
            if (_connection.Scalar("PRAGMA application_id") != Schema.ApplicationId)
            {
                throw new DamageException("it is not a database of this program");
            }

            string structure = _connection.Text("PRAGMA quick_check(1)");
            if (structure != "ok")
            {
                throw new DamageException(structure.ReplaceLineEndings(" "));
            }

            version = Schema.Migrate(_connection);
            if (version == 0)
            {
                throw new DamageException("its tables are missing");
            }

            ReadClients(clients, cancellationToken);
        });
        migratedFrom = version;
        return clients;
    }

    /// <summary>Saves changes in one transaction, on the disk when it returns.</summary>
    /// <inheritdoc cref="IStateStore.SaveAsync"/>
    public void Save(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        InTransaction(() =>
        {
            (long count, long checksum) = ReadSummary();
            foreach (string name in forgotten)
            {
                Forget(name);
            }

            foreach (StoredClient client in changed)
            {
                Forget(client.Name);
                ClientRow.Write(client, _row);
                count++;
                checksum ^= _row.Complete();
                _insert.ExecuteNonQuery();
            }

            _connection.Execute($"UPDATE summary SET clients = {count}, checksum = {checksum}");

            void Forget(string name)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _deletedName.Value = name;
                if (_delete.ExecuteScalar() is long old)
                {
                    count--;
                    checksum ^= old;
                }
            }
        });
    }

    /// <summary>Moves what the log holds into the database and empties the log.</summary>
    public void Checkpoint() => _connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
        _connection.Dispose();
    }

    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = BusySeconds,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void InTransaction(Action work)
    {
        _connection.Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            _connection.Execute("COMMIT");
        }
        catch
        {
            // SQLite ends some transactions by itself when they fail.
            if (sqlite3_get_autocommit(_connection.Handle) == 0)
            {
                _connection.Execute("ROLLBACK");
            }

            throw;
        }
    }

    private void ReadClients(List<StoredClient> clients, CancellationToken cancellationToken)
    {
        (long count, long checksum) = ReadSummary();
        clients.EnsureCapacity((int)Math.Clamp(count, 0, 1_000_000));
        using SqliteCommand select = _connection.Prepare(Schema.SelectClients);
        using SqliteDataReader reader = select.ExecuteReader();
        var row = new RowReader(reader.Handle!, Schema.ClientColumns.Count);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            clients.Add(ClientRow.Read(row));
            checksum ^= row.Complete();
        }

        if (clients.Count != count || checksum != 0)
        {
            throw new DamageException(
                $"it should hold {count} clients and holds {clients.Count}, or some of them are out of date");
        }
    }

    private (long Count, long Checksum) ReadSummary()
    {
        using SqliteCommand select = _connection.Prepare("SELECT clients, checksum FROM summary");
        using SqliteDataReader reader = select.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetInt64(1)) : throw new DamageException("its summary is missing");
    }
}
