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
/// </remarks>
[ExportStateStore("sqlite")]
public sealed partial class SqliteStateStore : IStateStore
{
    private readonly StateFile _file;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private StateDatabase? _database;
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
        try
        {
            if (_file.PrepareToOpen(out bool tightened))
            {
                LogCreated(_file.Path);
            }

            if (tightened)
            {
                LogTightened(_file.Path);
            }

            _database = StateDatabase.Open(_file.Path);
            List<StoredClient> clients = _database.Verify(cancellationToken, out int migratedFrom);
            if (migratedFrom != Schema.Version)
            {
                LogMigrated(_file.Path, migratedFrom, Schema.Version);
            }

            Checkpoint(_database);
            _loaded = true;
            LogLoaded(clients.Count, _file.Path, _time.GetElapsedTime(start).TotalMilliseconds);
            return clients;
        }
        catch (Exception e) when (Explain(e, out string? problem))
        {
            throw new StateStoreException(problem, e);
        }
        finally
        {
            if (!_loaded)
            {
                Abandon();
            }
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
            _file.ThrowIfGone();
            _database ??= StateDatabase.Open(_file.Path);
            _database.Save(changed, forgotten, cancellationToken);
        }
        catch (Exception e) when (Explain(e, out string? problem))
        {
            // A full disk leaves the connection in order, and keeping it keeps other servers out; after anything else start anew.
            if (e is not SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL })
            {
                Abandon();
            }

            throw new StateStoreException(problem, e);
        }

        Checkpoint(_database);
        return true;
    }

    private void Checkpoint(StateDatabase database)
    {
        try
        {
            database.Checkpoint();
        }
        catch (SqliteException e)
        {
            LogCheckpointFailed(_file.Path, e.Message);
        }
    }

    private void Close()
    {
        if (_database is not null)
        {
            Checkpoint(_database);
            Abandon();
        }
    }

    private void Abandon()
    {
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
