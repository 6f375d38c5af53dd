using Npgsql;

namespace Mandos.StatePostgres.Connecting;

/// <summary>A connection to one PostgreSQL. Its holder is its only user.</summary>
/// <remarks>
/// Nothing here has a limit of time or takes a token: to cancel a commit makes PostgreSQL answer that it is done before a standby has it. The
/// caller waits as long as it likes, and then leaves the session to itself (<see cref="AbandonAsync"/>).
/// </remarks>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>What each session is set to.</summary>
    /// <remarks>
    /// A warning is how a commit says that it was not awaited. A lock is waited for less long than anyone waits for the answer, and a server that stalls
    /// within a transaction, or is cut off there, loses it and the lock with it.
    /// </remarks>
    private static readonly Statement[] _settings =
    [
        new("SET client_min_messages = warning"),
        new("SET synchronous_commit = on"),
        new("SET lock_timeout = '2s'"),
        new("SET idle_in_transaction_session_timeout = '2s'"),
        new("SET statement_timeout = 0"),
        new("SET default_transaction_isolation = 'read committed'"),
        new("SET default_transaction_read_only = off"),
        new("SET search_path = pg_catalog"),

        // What has changed is little, which PostgreSQL does not know of a revision: it would read whole tables to join them, in several processes.
        new("SET enable_hashjoin = off"),
        new("SET enable_mergejoin = off"),
        new("SET enable_seqscan = off"),
        new("SET max_parallel_workers_per_gather = 0"),
        new("SET jit = off"),
    ];

    private readonly NpgsqlConnection _connection;
    private string? _notice;

    private Session(NpgsqlConnection connection, HostAddress host)
    {
        (_connection, Host) = (connection, host);
        connection.Notice += (_, e) => _notice ??= $"{e.Notice.MessageText} ({e.Notice.SqlState})";
    }

    /// <summary>Where it leads.</summary>
    public HostAddress Host { get; }

    /// <summary>What the PostgreSQL said when the session was opened.</summary>
    public NodeStatus Status { get; private set; } = null!;

    /// <summary>The underlying connection, to listen on.</summary>
    public NpgsqlConnection Connection => _connection;

    /// <summary>Opens one.</summary>
    public static async Task<Session> OpenAsync(NpgsqlDataSource source, HostAddress host)
    {
        NpgsqlConnection connection = source.CreateConnection();
        var session = new Session(connection, host);
        try
        {
            await connection.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            await session.RunAsync(_settings).ConfigureAwait(false);
            session.Status = await session.ReadAsync(
                static async reader =>
                {
                    return await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false) ? NodeStatus.Read(reader)
                        : throw new IOException("its tables of Mandos have lost their contents");
                },
                new Statement(NodeStatus.Query)).ConfigureAwait(false);
            return session;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Carries statements out, in one round trip.</summary>
    public async Task RunAsync(params IEnumerable<Statement> statements)
    {
        NpgsqlBatch batch = Batch(statements);
        await using (batch.ConfigureAwait(false))
        {
            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Carries statements out, in one round trip, and reads what they return.</summary>
    /// <param name="read">Reads; it stands before the first row of the first statement that returns some.</param>
    /// <param name="statements">The statements.</param>
    public async Task<T> ReadAsync<T>(Func<NpgsqlDataReader, Task<T>> read, params IEnumerable<Statement> statements)
    {
        NpgsqlBatch batch = Batch(statements);
        await using (batch.ConfigureAwait(false))
        {
            NpgsqlDataReader reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                T result = await read(reader).ConfigureAwait(false);
                while (await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    // An error of a later statement shows here.
                }

                return result;
            }
        }
    }

    /// <summary>Commits, and waits for the end without a limit.</summary>
    /// <returns>Why it does not count, though it may be done; null if it came back clean.</returns>
    /// <param name="standbyFault">Says what is wrong with <c>synchronous_standby_names</c> as they were right after the commit.</param>
    public async Task<string?> CommitAsync(Func<string, string?> standbyFault)
    {
        _notice = null;
        string names = await ReadAsync(
            static async reader =>
            {
                await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                return reader.GetString(0);
            },
            new Statement("COMMIT"), new Statement("SELECT current_setting('synchronous_standby_names')")).ConfigureAwait(false);
        return _notice ?? standbyFault(names);
    }

    /// <summary>Closes it once what it does has ended, whenever that is.</summary>
    public async Task AbandonAsync(Task pending)
    {
        await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (Fault.IsOfDatabase(e))
        {
            // It was broken, and is given up.
        }
    }

    private NpgsqlBatch Batch(IEnumerable<Statement> statements)
    {
        NpgsqlBatch batch = _connection.CreateBatch();
        batch.Timeout = 0;
        foreach (Statement statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Sql);
            foreach (object? value in statement.Values)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            }

            batch.BatchCommands.Add(command);
        }

        return batch;
    }
}
