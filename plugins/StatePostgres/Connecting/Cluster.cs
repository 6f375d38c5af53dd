using Mandos.Abstractions.Persistence;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Mandos.StatePostgres.Connecting;

/// <summary>The PostgreSQL in which all servers commit, wherever it is just now: one of several hosts, which it finds.</summary>
/// <remarks>
/// Npgsql's own choice among hosts is not used: it finds a new primary late, goes back to the old one, and hangs where one is frozen. Here each
/// host is asked at the same time, each for as long as <see cref="ConnectLimit"/>, and of those that pass the fence the one on the highest timeline wins.
/// </remarks>
internal sealed partial class Cluster : IAsyncDisposable
{
    /// <summary>How long a call may take in all. Well within a permission: so there is time for a second one.</summary>
    public static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    /// <summary>How long a host may take to be connected to. Npgsql keeps its own limit of a second, which is not always enough.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1.5);

    /// <summary>After this time a call counts as hanging, so that later ones look for another primary.</summary>
    private static readonly TimeSpan _hang = TimeSpan.FromSeconds(1);

    /// <summary>How often the other hosts are asked whether one of them is the primary now.</summary>
    private static readonly TimeSpan _lookAround = TimeSpan.FromSeconds(5);

    /// <summary>The pause after a failed try to connect, which doubles with each.</summary>
    private static readonly TimeSpan _leastPause = TimeSpan.FromSeconds(0.25);

    private static readonly TimeSpan _mostPause = TimeSpan.FromSeconds(2);

    /// <summary>The sessions that one server has at most, with those that do not end.</summary>
    private const int MostSessions = 8;

    private readonly PostgresSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();

    /// <summary>A place for each session that is in use or does not end.</summary>
    private readonly SemaphoreSlim _places = new(MostSessions);
    private readonly Stack<Session> _idle = [];

    /// <summary>When each call began that has a session.</summary>
    private readonly LinkedList<long> _calls = [];
    private readonly Dictionary<HostAddress, NpgsqlDataSource> _sources = [];
    private int _looking;
    private long _lookedAround;
    private long _failedAt;
    private TimeSpan _pause;
    private string? _failure;
    private HostAddress? _current;
    private bool _isDisposed;

    /// <param name="settings">Where it is.</param>
    /// <param name="fence">What is refused.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public Cluster(PostgresSettings settings, Fence fence, TimeProvider time, ILogger logger)
    {
        (_settings, Fence, _time, _logger) = (settings, fence, time, logger);
        _lookedAround = time.GetTimestamp();
    }

    /// <summary>What is refused.</summary>
    public Fence Fence { get; }

    /// <summary>Another host has become the primary.</summary>
    public event Action? Moved;

    /// <summary>Makes a transaction that counts only if its commit came back clean and in time, from a node that passes the fence.</summary>
    /// <param name="work">What it does. It may fail with an exception of its own, after which nothing is committed.</param>
    /// <param name="cancellationToken">Gives up before the commit. A commit that has begun is not cancelled.</param>
    /// <exception cref="OutcomeUnknownException">It may be committed, now or later.</exception>
    /// <exception cref="StateStoreException">Nothing was committed.</exception>
    /// <param name="limit">How long it may take; <see cref="CallLimit"/> by default.</param>
    public Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken, TimeSpan? limit = null)
        => UseAsync(work, commits: true, limit ?? CallLimit, cancellationToken);

    /// <summary>Reads, outside of any transaction.</summary>
    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken, TimeSpan? limit = null)
        => UseAsync(work, commits: false, limit ?? CallLimit, cancellationToken);

    /// <summary>Opens a session of its own, which the caller has to dispose.</summary>
    /// <exception cref="StateStoreException">No host passes.</exception>
    public async Task<Session> ConnectAsync(CancellationToken cancellationToken)
    {
        Session session = await FindPrimaryAsync(cancellationToken).ConfigureAwait(false);
        bool moved;
        lock (_lock)
        {
            moved = _current is not null && _current != session.Host;
            if (_current != session.Host)
            {
                LogConnected(session.Host, session.Status.Timeline!.Value);
            }

            (_current, _failure, _pause) = (session.Host, null, TimeSpan.Zero);
        }

        if (moved)
        {
            Moved?.Invoke();
        }

        return session;
    }

    public async ValueTask DisposeAsync()
    {
        Session[] idle;
        NpgsqlDataSource[] sources;
        lock (_lock)
        {
            _isDisposed = true;
            idle = [.. _idle];
            _idle.Clear();
            sources = [.. _sources.Values];
            _sources.Clear();
        }

        foreach (Session session in idle)
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }

        foreach (NpgsqlDataSource source in sources)
        {
            await source.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<T> UseAsync<T>(Func<Session, Task<T>> work, bool commits, TimeSpan limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long start = _time.GetTimestamp();
        LookAround();
        if (!await _places.WaitAsync(CallLimit, cancellationToken).ConfigureAwait(false))
        {
            throw new StateStoreException($"the shared store: {MostSessions} earlier calls have not ended");
        }

        Session session;
        try
        {
            session = await RentAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _places.Release();
            throw;
        }

        LinkedListNode<long> call;
        lock (_lock)
        {
            call = _calls.AddLast(start);
        }

        try
        {
            return await UseAsync(session, work, commits, () => limit - _time.GetElapsedTime(start), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _calls.Remove(call);
            }
        }
    }

    private async Task<T> UseAsync<T>(
        Session session, Func<Session, Task<T>> work, bool commits, Func<TimeSpan> left, CancellationToken cancellationToken)
    {
        Task<T> body = DoAsync();
        T result;
        try
        {
            result = await body.WaitAsync(Left(), _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!body.IsCompleted)
        {
            Abandon(session, body);
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(session.Host, Fault.NoAnswer);
        }
        catch (Exception e) when (Fault.IsOfDatabase(e))
        {
            Abandon(session, Task.CompletedTask);
            cancellationToken.ThrowIfCancellationRequested();
            throw Failure(session.Host, Fault.Describe(e));
        }
        catch
        {
            Abandon(session, Task.CompletedTask);
            throw;
        }

        if (commits)
        {
            await CommitAsync(session, Left() < CallLimit ? Left() : CallLimit).ConfigureAwait(false);
        }

        Return(session);

        // This server may have stalled when the answer had come.
        return !commits || left() > TimeSpan.Zero ? result : throw new OutcomeUnknownException(Describe(session.Host, "the answer to a commit came too late"));

        TimeSpan Left() => left() is var rest && rest > TimeSpan.Zero ? rest : TimeSpan.Zero;

        async Task<T> DoAsync() => await work(session).ConfigureAwait(false);
    }

    private async Task CommitAsync(Session session, TimeSpan limit)
    {
        Task<string?> commit = session.CommitAsync(Fence.FindStandbyFault);
        string? fault;
        try
        {
            fault = await commit.WaitAsync(limit, _time).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!commit.IsCompleted)
        {
            fault = "no answer to a commit: it may wait for a standby, or the host hangs";
        }
        catch (Exception e) when (Fault.IsOfDatabase(e))
        {
            fault = Fault.Describe(e);
        }

        if (fault is not null)
        {
            Abandon(session, commit);
            throw new OutcomeUnknownException(Describe(session.Host, fault));
        }
    }

    private async Task<Session> RentAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);

            // While an earlier call hangs, the idle sessions, which lead to the same host, may do so too.
            bool hangs = _calls.Any(call => _time.GetElapsedTime(call) > _hang);
            while (_idle.TryPop(out Session? idle))
            {
                if (!hangs && idle.Status.Timeline >= Fence.HighestTimeline)
                {
                    return idle;
                }

                _ = idle.AbandonAsync(Task.CompletedTask);
            }

            if (_failure is not null && _time.GetElapsedTime(_failedAt) < _pause)
            {
                throw new StateStoreException(_failure);
            }
        }

        return await ConnectAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Return(Session session)
    {
        lock (_lock)
        {
            if (!_isDisposed && session.Host == _current)
            {
                _idle.Push(session);
                _places.Release();
                return;
            }
        }

        Abandon(session, Task.CompletedTask);
    }

    private void Abandon(Session session, Task pending) => _ = AbandonAsync(session, pending);

    private async Task AbandonAsync(Session session, Task pending)
    {
        await session.AbandonAsync(pending).ConfigureAwait(false);
        _places.Release();
    }

    /// <summary>Asks all hosts, and takes the one on the highest timeline that passes the fence.</summary>
    private async Task<Session> FindPrimaryAsync(CancellationToken cancellationToken)
    {
        (Session? Session, string? Fault)[] answers = await Task.WhenAll(
            _settings.Hosts.Select(host => TryAsync(host, cancellationToken))).ConfigureAwait(false);
        Session? best = null;
        List<string> faults = [];
        foreach ((Session? session, string? fault) in answers.OrderByDescending(static answer => answer.Session?.Status.Timeline ?? 0))
        {
            if (session is null)
            {
                faults.Add(fault!);
            }
            else if (best is null && Refuse(session) is var reason && reason is null)
            {
                best = session;
                continue;
            }
            else if (best is null)
            {
                faults.Add(Describe(session.Host, Refuse(session)!));
            }

            if (session is not null)
            {
                _ = session.AbandonAsync(Task.CompletedTask);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        return best ?? throw Fail(string.Join("; ", faults));
    }

    private string? Refuse(Session session)
    {
        try
        {
            return Fence.Refuse(session.Status);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"this server cannot keep what it knows of it: {e.Message}";
        }
    }

    private async Task<(Session? Session, string? Fault)> TryAsync(HostAddress host, CancellationToken cancellationToken)
    {
        if (host.FindSocketFault() is { } absence)
        {
            return (null, Describe(host, absence)); // .NET says of this “Cannot assign requested address”
        }

        Task<Session> open = OpenAsync(host);
        try
        {
            return (await open.WaitAsync(ConnectLimit, _time, cancellationToken).ConfigureAwait(false), null);
        }
        catch (Exception) when (!open.IsCompleted)
        {
            _ = CloseLateAsync(open);
            return (null, Describe(host, Fault.NoAnswer));
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return (null, Describe(host, Fault.Describe(e))); // certificates that cannot be read, too
        }
    }

    private static async Task CloseLateAsync(Task<Session> open)
    {
        await ((Task)open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (open.IsCompletedSuccessfully)
        {
            await (await open.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Session> OpenAsync(HostAddress host) => await Session.OpenAsync(Source(host), host).ConfigureAwait(false);

    private NpgsqlDataSource Source(HostAddress host)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_sources.TryGetValue(host, out NpgsqlDataSource? source))
            {
                source = DataSources.Create(host, _settings);
                _sources.Add(host, source);
            }

            return source;
        }
    }

    /// <summary>Asks the other hosts now and then, so that a primary which was replaced, and still answers, is left.</summary>
    private void LookAround()
    {
        if (_settings.Hosts.Count > 1 && _time.GetElapsedTime(Volatile.Read(ref _lookedAround)) >= _lookAround
            && Interlocked.Exchange(ref _looking, 1) == 0)
        {
            _ = LookAroundAsync();
        }
    }

    private async Task LookAroundAsync()
    {
        try
        {
            (Session? Session, string? Fault)[] answers = await Task.WhenAll(
                _settings.Hosts.Where(host => host != _current).Select(host => TryAsync(host, CancellationToken.None))).ConfigureAwait(false);
            foreach ((Session? session, _) in answers)
            {
                if (session is not null)
                {
                    // One that passes raises the timeline below which others are refused.
                    if (session.Status.Timeline > Fence.HighestTimeline && Refuse(session) is null)
                    {
                        LogPrimaryMoved(session.Host, session.Status.Timeline.Value);
                    }

                    await session.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // It ends.
        }
        finally
        {
            Volatile.Write(ref _lookedAround, _time.GetTimestamp());
            Volatile.Write(ref _looking, 0);
        }
    }

    private StateStoreException Fail(string reasons)
    {
        lock (_lock)
        {
            _pause = _pause == TimeSpan.Zero ? _leastPause : _pause * 2 < _mostPause ? _pause * 2 : _mostPause;
            _failedAt = _time.GetTimestamp();
            _failure = reasons;
            return new StateStoreException(reasons);
        }
    }

    private StateStoreException Failure(HostAddress host, string reason) => new(Describe(host, reason));

    private string Describe(HostAddress host, string reason) => $"database {_settings.Database} of PostgreSQL at {host}: {reason}";
}
