using System.Composition;
using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Plugins;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Mandos.StateSqlite;

/// <summary>Keeps the state in an SQLite database, <c>clients.db</c> in the state directory.</summary>
/// <remarks>
/// SQLite's calls block, so each method runs them on the thread pool. Every save is one transaction, written to the write-ahead
/// log, synchronised, and then moved into the database, so that at rest there is one file whose contents are proved by checksums.
/// The log stays beside it, empty, for its room on the disk: so there is room on a full disk to disable all clients.
/// </remarks>
[ExportStateStore("sqlite")]
public sealed partial class SqliteStateStore : IStateStore
{
    /// <summary>How long to wait, at least, until room that was not to be had is asked for again.</summary>
    private static readonly TimeSpan _reservationPause = TimeSpan.FromMinutes(1);

    private readonly StateFile _file;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private StateDatabase? _database;

    /// <summary>What the database is known to hold; null if there was none to read.</summary>
    private (long Clients, long Checksum)? _summary;

    /// <summary>What it also holds if a failed save was not undone.</summary>
    private (long Clients, long Checksum)? _attempted;
    private long _lastReservation;
    private bool _isRoomMissing;
    private bool _loaded;
    private bool _disposed;

    /// <summary>Makes a store that is not open yet.</summary>
    /// <param name="context">What the server gives.</param>
    [ImportingConstructor]
    public SqliteStateStore(IPluginContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _logger = context.Logger;
        _time = context.TimeProvider;
        _file = new StateFile(Path.Join(context.StateDirectory, "clients.db"));
    }

    /// <inheritdoc/>
    public string? SaveProblem { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
    {
        return await RunAsync(() => Load(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changed);
        ArgumentNullException.ThrowIfNull(forgotten);
        await RunAsync(() => Save(changed, forgotten, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _oneAtATime.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            await Task.Run(Close).ConfigureAwait(false);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private List<StoredClient> Load(CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        List<StoredClient> clients;
        try
        {
            clients = OpenForWriting(cancellationToken);
        }
        catch (Exception e) when (Explain(e, out string? problem))
        {
            Abandon();
            clients = (StateFile.IsWriteFailure(e) ? TryRead(cancellationToken) : null) ?? throw new StateStoreException(problem, e);
            SaveProblem = problem;
        }
        catch
        {
            Abandon();
            throw;
        }

        _loaded = true;
        LogLoaded(clients.Count, _file.Path, _time.GetElapsedTime(start).TotalMilliseconds);
        return clients;
    }

    /// <summary>Opens the database, making it if there is none, and reads it.</summary>
    private List<StoredClient> OpenForWriting(CancellationToken cancellationToken)
    {
        if (_file.PrepareToOpen(out bool tightened))
        {
            LogCreated(_file.Path);
        }

        if (tightened)
        {
            LogTightened(_file.Path);
        }

        bool hasLocks = _file.Hold();
        if (!hasLocks)
        {
            LogNoLocks(_file.Path);
        }

        _database = StateDatabase.Open(_file.Path, hasLocks);
        List<StoredClient> clients = _database.Verify(cancellationToken, out int migratedFrom);
        if (migratedFrom != Schema.Version)
        {
            LogMigrated(_file.Path, migratedFrom, Schema.Version);
        }

        _file.HoldLog();
        _summary = _database.Summary;
        Checkpoint(_database);
        Reserve(_database);
        return clients;
    }

    /// <summary>Reads a database that cannot be written.</summary>
    /// <returns>Null if it cannot be read either.</returns>
    private List<StoredClient>? TryRead(CancellationToken cancellationToken)
    {
        try
        {
            if (_file.IsAbsent)
            {
                return [];
            }

            _file.Hold();
            using StateDatabase copy = StateDatabase.Read(_file.Path, _file.HasLog);
            List<StoredClient> clients = copy.Verify(cancellationToken, out _);
            _summary = copy.Summary;
            return clients;
        }
        catch (Exception e) when (StateFile.IsWriteFailure(e))
        {
            return null; // it is said why it cannot be opened at all
        }
        catch (Exception e) when (Explain(e, out string? problem))
        {
            throw new StateStoreException(problem, e);
        }
    }

    private bool Save(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
    {
        if (!_loaded)
        {
            throw new InvalidOperationException("a state store is loaded before anything is saved");
        }

        try
        {
            _file.ThrowIfReplaced();
            if (!_file.IsLogInPlace)
            {
                Abandon(); // somebody has deleted the log, all of which was in the database
            }

            _database ??= Reopen(cancellationToken);
            _database.Save(changed, forgotten, cancellationToken);
            _file.ThrowIfReplaced();
        }
        catch (Exception e) when (Explain(e, out string? problem))
        {
            // A full disk leaves the connection in order, and keeping it keeps other servers out; after anything else start again.
            if (e is not SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL } and not ReplacedException)
            {
                Abandon();
            }

            throw new StateStoreException(problem, e);
        }

        _summary = _database.Summary;
        SaveProblem = null;
        Checkpoint(_database);
        Reserve(_database);
        return true;
    }

    /// <summary>Opens the database again, after it could not be written.</summary>
    /// <exception cref="ReplacedException">It is not as this server left it.</exception>
    private StateDatabase Reopen(CancellationToken cancellationToken)
    {
        if (_summary is null && File.Exists(_file.Path))
        {
            throw new ReplacedException(_file.Path, "it appeared while the server ran; restart the server to take it");
        }

        (long Clients, long Checksum)? known = _summary;
        OpenForWriting(cancellationToken);
        if (known is not null && _summary != known && _summary != _attempted)
        {
            _summary = known;
            Abandon();
            throw new ReplacedException(_file.Path, "another program changed it while it could not be written; restart the server to take it");
        }

        return _database!;
    }

    private void Checkpoint(StateDatabase database)
    {
        try
        {
            if (database.Checkpoint())
            {
                _file.EmptyLog();
            }
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            LogCheckpointFailed(_file.Path, e.Message);
        }
    }

    /// <summary>Sees to it that there is room on the disk for changes of all clients. Where there is none, it tries again now and then.</summary>
    private void Reserve(StateDatabase database)
    {
        if (_isRoomMissing && _time.GetElapsedTime(_lastReservation) < _reservationPause)
        {
            return;
        }

        _lastReservation = _time.GetTimestamp();
        string? problem;
        try
        {
            problem = _file.ReserveLog(database.LogRoom);
            if (problem is null)
            {
                database.KeepFreePages();
                Checkpoint(database);
            }
        }
        catch (SqliteException e)
        {
            problem = e.Message;
        }

        if (problem is not null && !_isRoomMissing)
        {
            LogNoRoom(_file.Path, problem);
        }

        _isRoomMissing = problem is not null;
    }

    private void Close()
    {
        if (_database is not null)
        {
            Checkpoint(_database);
            Abandon();
        }

        _file.Dispose();
    }

    private void Abandon()
    {
        if (_database is not null)
        {
            _attempted = _database.Summary;
        }

        try
        {
            _database?.Dispose();
        }
        catch (SqliteException e)
        {
            LogCloseFailed(_file.Path, e.Message);
        }

        _database = null;
    }

    private bool Explain(Exception exception, [NotNullWhen(true)] out string? problem)
    {
        problem = _file.Explain(exception);
        return problem is not null;
    }
}
