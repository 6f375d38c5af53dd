using System.Runtime.InteropServices;
using System.Text;
using Mandos.Abstractions.Persistence;
using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>An open database, locked against other servers. Not thread-safe.</summary>
internal sealed partial class StateDatabase : IDisposable
{
    /// <summary>What the log holds at least, so that any change of a few clients fits into it.</summary>
    private const int LeastLog = 128 << 10;

    private const int PageSize = 4096;

    /// <summary>A page in the log with its header.</summary>
    private const int LogPageSize = PageSize + 24;

    /// <summary>Clients that are checked for the first time take a sixth more room; this is half.</summary>
    private const double Growth = 1.5;

    /// <summary>How long to wait for another server that is just stopping.</summary>
    private const int BusySeconds = 2;

    /// <summary>SQLite's access to files without locks.</summary>
    private const string NoLocks = "unix-none";

    private const string Careful =
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY";

    /// <summary>The table whose pages become free.</summary>
    private const string Room = "room";

    private const int LeastFreePages = 8;

    private readonly SqliteConnection _connection;
    private readonly Statement _insert;
    private readonly Statement _delete;
    private readonly RowWriter _row;

    private StateDatabase(SqliteConnection connection)
    {
        _connection = connection;
        _insert = new Statement(connection, Schema.Clients.Insert);
        _delete = new Statement(connection, "DELETE FROM client WHERE name = ? RETURNING checksum");
        _row = new RowWriter(_insert, Schema.Clients);
    }

    /// <summary>Number and checksum of the clients, by which a database that another program has changed is known.</summary>
    public (long Clients, long Checksum) Summary { get; private set; }

    /// <summary>
    /// How long the log may get when all clients change at once. With this much room a change of clients that are there fits, however
    /// full the disk is.
    /// </summary>
    public long LogRoom => LeastLog + (long)(Growth * UsedPages * LogPageSize);

    private long UsedPages => _connection.Scalar("PRAGMA page_count") - FreePages;

    private long FreePages => _connection.Scalar("PRAGMA freelist_count");

    /// <summary>Makes the tables in a new, empty file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="hasLocks">Whether the file system has locks.</param>
    public static void Create(string path, bool hasLocks)
    {
        using SqliteConnection connection = Connect(path, hasLocks ? null : NoLocks);
        connection.Execute($"PRAGMA synchronous = FULL; BEGIN IMMEDIATE; PRAGMA application_id = {Schema.ApplicationId}");
        Schema.Migrate(connection);
        connection.Execute("COMMIT");
    }

    /// <summary>Opens a database and locks it.</summary>
    /// <param name="path">Path of the file, which exists.</param>
    /// <param name="hasLocks">Whether the file system has locks; it is opened without them otherwise.</param>
    public static StateDatabase Open(string path, bool hasLocks)
    {
        SqliteConnection connection = Connect(path, hasLocks ? null : NoLocks);
        try
        {
            // Exclusive, hence no memory shared with others; the log is emptied by Checkpoint after each save rather than
            // automatically, and stays, as its room on the disk is kept for what has to fit when the disk is full.
            connection.Execute(Careful);
            KeepLog(connection);
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

    /// <summary>Reads a database that cannot be written, with what its log holds, into memory.</summary>
    /// <param name="path">Path of the file, which exists.</param>
    /// <param name="hasLog">Whether its log is there.</param>
    public static StateDatabase Read(string path, bool hasLog)
    {
        // SQLite makes a log if there is none, unless it is told that nobody changes the file; then it would pass over a log.
        string source = hasLog ? path : new Uri(path).AbsoluteUri + "?immutable=1";
        using SqliteConnection file = Connect(source, hasLog ? NoLocks : null, SqliteOpenMode.ReadOnly);
        SqliteConnection memory = Connect(":memory:", null);
        try
        {
            file.Execute(Careful);
            file.BackupDatabase(memory);
            return new StateDatabase(memory);
        }
        catch
        {
            memory.Dispose();
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
                _insert.Run();
            }

            _connection.Execute($"UPDATE summary SET clients = {count}, checksum = {checksum}");
            Summary = (count, checksum);

            void Forget(string name)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _delete.BindText(1, Encoding.UTF8.GetBytes(name));
                if (_delete.Run() is { } old)
                {
                    count--;
                    checksum ^= old;
                }
            }
        });
    }

    /// <summary>Moves what the log holds into the database; the next save writes the log from its beginning.</summary>
    /// <returns>Whether all of it was moved.</returns>
    public bool Checkpoint()
    {
        using SqliteCommand checkpoint = _connection.Prepare("PRAGMA wal_checkpoint(RESTART)");
        using SqliteDataReader reader = checkpoint.ExecuteReader();
        return reader.Read() && reader.GetInt64(0) == 0 && reader.GetInt64(1) == reader.GetInt64(2);
    }

    /// <summary>
    /// Keeps free pages in the database for the clients' records to grow into, as they do when they are first checked: where it cannot
    /// grow, the log cannot be emptied.
    /// </summary>
    /// <remarks>Pages become free when what was in them is dropped. They are written once before, so that they are on the disk.</remarks>
    public void KeepFreePages()
    {
        _connection.Execute($"DROP TABLE IF EXISTS {Room}"); // of a server that was killed here
        long wanted = LeastFreePages + (long)((Growth - 1) * UsedPages);
        long missing = wanted - FreePages;
        if (missing <= wanted / 2)
        {
            return;
        }

        InTransaction(() => _connection.Execute(
            $"CREATE TABLE {Room} (filler BLOB); INSERT INTO {Room} VALUES (zeroblob({missing * PageSize}))"));
        try
        {
            Checkpoint();
        }
        finally
        {
            _connection.Execute($"DROP TABLE {Room}");
        }
    }

    public void Dispose()
    {
        _insert.Dispose();
        _delete.Dispose();
        _connection.Dispose();
    }

    /// <summary>Has SQLite keep the log when it closes the database.</summary>
    private static unsafe void KeepLog(SqliteConnection connection)
    {
        int keep = 1;
        int result = sqlite3_file_control(connection.Handle!.DangerousGetHandle(), "main", PersistLog, &keep);
        SqliteException.ThrowExceptionForRC(result, connection.Handle);
    }

    private static SqliteConnection Connect(string path, string? vfs = null, SqliteOpenMode mode = SqliteOpenMode.ReadWrite)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Vfs = vfs,
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
        using SqliteCommand select = _connection.Prepare(Schema.Clients.Select);
        using SqliteDataReader reader = select.ExecuteReader();
        var row = new RowReader(reader.Handle!, Schema.Clients);
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
        return Summary = reader.Read() ? (reader.GetInt64(0), reader.GetInt64(1)) : throw new DamageException("its summary is missing");
    }

    /// <summary>SQLITE_FCNTL_PERSIST_WAL.</summary>
    private const int PersistLog = 10;

    [LibraryImport("e_sqlite3", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int sqlite3_file_control(nint connection, string database, int operation, void* argument);
}
