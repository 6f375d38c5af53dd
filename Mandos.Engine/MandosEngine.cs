using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Persistence;
using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine;

/// <summary>The protocol engine: knows the clients, checks them, and gives each its secret when it may have it.</summary>
/// <remarks>
/// <see cref="StartAsync"/> first, then <see cref="Serve"/> for each connection, last <see cref="StopAsync"/>. It opens no files and no
/// sockets.
/// </remarks>
public sealed partial class MandosEngine : IDisposable
{
    /// <summary>How long a command or a stop waits for checks or for a save; what is slower goes on by itself.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Clients that have left the configuration at once and are named in the log; more are counted.</summary>
    private const int MostNamed = 20;

    private readonly EngineOptions _options;
    private readonly IStateStore _store;
    private readonly ILogger _logger;
    private readonly EngineClock _clock;
    private readonly EngineLoop _loop;
    private readonly DeadlineQueue _deadlines;
    private readonly EventHub _events = new();
    private readonly StateKeeper _keeper;
    private readonly ClientJournal _journal;
    private readonly ClientRegistry _clients = new();
    private readonly ObjectPaths? _paths;

    private readonly KeptClients _kept;

    /// <summary>What applies to the files as they are being read, and so has not left them.</summary>
    private readonly HashSet<KeptRow> _present = [];

    /// <summary>What is in the store though restore is off: forgotten once the configuration has clients, as until then it may be misspelt.</summary>
    private readonly List<string> _unwanted = [];

    /// <summary>The ends of checks that still ran when their clients were removed, by name, for a client that comes back.</summary>
    private readonly Dictionary<string, Task> _lastChecks = new(StringComparer.Ordinal);
    private readonly ExpirySchedule _expiry;
    private readonly CheckRunner _checks;
    private readonly ApprovalDesk _approvals;
    private readonly ClientTransitions _lifecycle;
    private readonly AuditTrail _audit;
    private readonly ConnectionTable _connections;
    private readonly HandshakeTurns _turns;
    private readonly ConnectionHandler _handler;
    private readonly Action<object> _startCheck;
    private readonly Action<object> _expire;
    private bool _stopping;

    /// <summary>Puts an engine together.</summary>
    /// <param name="options">How it is to run.</param>
    /// <param name="tls">Makes the handshakes.</param>
    /// <param name="store">Keeps the run-time state; stays the caller's.</param>
    /// <param name="checkers">The checkers by name; the standard one is named <c>shell</c>.</param>
    /// <param name="timeProvider">The only source of time.</param>
    /// <param name="logger">The log.</param>
    public MandosEngine(
        EngineOptions options, ITlsHandshaker tls, IStateStore store, IReadOnlyDictionary<string, IChecker> checkers,
        TimeProvider timeProvider, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _store, _logger) = (options, store, logger);
        _clock = new EngineClock(timeProvider);
        _loop = new EngineLoop(logger);
        _deadlines = new DeadlineQueue(_clock, _loop.Post, _loop.OnError, options.LongestDelay)
        {
            OnGap = gap => LogGap(gap.TotalSeconds),
        };
        _loop.Watch = _deadlines.Watch;
        _keeper = new StateKeeper(_loop, _clock, _deadlines, store, logger);
        _kept = new KeptClients(_keeper, _clock);
        _paths = options.UseDBus ? new ObjectPaths(logger) : null;
        _journal = new ClientJournal(_events, _keeper);
        _expiry = new ExpirySchedule(_clock, _deadlines);
        _checks = new CheckRunner(_loop, _clock, _deadlines, _journal, _expiry, checkers, logger);
        _approvals = new ApprovalDesk(_clock, _deadlines, _clients, _journal, _expiry, _events, logger);
        _lifecycle = new ClientTransitions(_clock, _deadlines, _journal, _expiry, _checks, _approvals, options.Random, logger);
        _audit = new AuditTrail(_clock, options.Audit, logger);
        _connections = new ConnectionTable(
            _clock, _deadlines, options.MaxConnections, options.MaxConnectionsPerAddress, options.MaxRequestsPerClient, _audit, logger);
        _turns = new HandshakeTurns(_clock, ProtocolLimits.ConcurrentTurns);
        _handler = new ConnectionHandler(_loop, _connections, _turns, _approvals, _audit, tls, logger);
        _startCheck = client => _checks.StartDue((Client)client);
        _expire = client => _lifecycle.Expire((Client)client);
    }

    /// <summary>Ends when the engine has stopped.</summary>
    public Task Completion => _loop.Completion;

    /// <summary>After the stop: what is lost with the process because it could not be saved, and why; null if nothing is.</summary>
    public string? Unsaved { get; private set; }

    /// <summary>Number of clients.</summary>
    public int ClientCount => _clients.Count;

    /// <summary>Grows with all that the engine does, so that one that is busy can be told from one that hangs.</summary>
    public long WorkDone => _loop.WorkDone;

    /// <summary>The loop, for tests that step it.</summary>
    internal EngineLoop Loop => _loop;

    /// <summary>The connections, for tests.</summary>
    internal ConnectionTable Connections => _connections;

    /// <summary>The turns of handshakes, for tests.</summary>
    internal HandshakeTurns Turns => _turns;

    /// <summary>The clients, for tests.</summary>
    internal ClientRegistry Clients => _clients;

    /// <summary>The keeper of the state, for tests.</summary>
    internal StateKeeper Keeper => _keeper;

    /// <summary>The deadlines, for tests.</summary>
    internal DeadlineQueue Deadlines => _deadlines;

    /// <summary>Loads the saved state, brings it together with the configuration, and starts to check.</summary>
    /// <param name="configuration">The clients.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">The saved state cannot be read.</exception>
    public async Task StartAsync(ClientConfiguration configuration, CancellationToken cancellationToken)
    {
        await LoadAsync(configuration, cancellationToken).ConfigureAwait(false);
        _deadlines.BeginWatch();
        _loop.Start();
    }

    /// <summary>Serves a connection until it ends. Returns at once.</summary>
    /// <param name="peer">The connection, which becomes the engine's.</param>
    public void Serve(IPeerConnection peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (!_loop.TryPost(() => Admit(peer)))
        {
            TurnAway(peer);
        }
    }

    /// <summary>Ends when the engine has answered: it takes turns with all that the engine has to do.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ProbeAsync(CancellationToken cancellationToken) => _loop.InvokeAsync(static () => true, cancellationToken);

    /// <summary>Closes all connections, and each that is still to come: who cannot be served is to ask another server at once.</summary>
    /// <remarks>The rest of the engine goes on until <see cref="StopAsync"/>.</remarks>
    public void TurnAwayAll() => _loop.Post(CloseConnections);

    /// <summary>Stops: ends waits and checks, closes connections, saves what is not saved, and ends the subscriptions.</summary>
    /// <param name="cancellationToken">Stops without waiting further, neither for checks nor for the last save.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The connections end in no time, but one that has just sent a secret has that to tell before the last save.
        Task ended = await _loop.InvokeAsync(BeginStop, CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(ended, "checks and connections to end", cancellationToken).ConfigureAwait(false);
        Task saved = await _loop.InvokeAsync(() => _keeper.FlushAsync(), CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(saved, "the last save", cancellationToken).ConfigureAwait(false);
        await _loop.InvokeAsync(EndStop, CancellationToken.None).ConfigureAwait(false);
        _loop.Complete();
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the timer and zeroes the secrets. Nothing may run any more.</summary>
    public void Dispose()
    {
        _loop.Complete();
        _deadlines.Dispose();
        _keeper.Dispose();
        _audit.Dispose();
        foreach (Client client in _clients.All)
        {
            client.Secret.Dispose();
            client.Definition.Secret.Dispose();
        }
    }

    /// <summary>Reads the state and sets up the clients, without starting the loop.</summary>
    internal async Task LoadAsync(ClientConfiguration configuration, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<ClientDefinition> definitions = configuration.Clients;
        IReadOnlyList<StoredClient> saved = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (_store.SaveProblem is { } problem)
        {
            _keeper.BeginUnsaved(problem);
        }

        foreach (StoredClient stored in saved)
        {
            if (_options.Restore)
            {
                _kept.Load(stored);
            }
            else
            {
                _unwanted.Add(stored.Name);
            }
        }

        HashSet<string> names = definitions.Select(static definition => definition.Name).ToHashSet(StringComparer.Ordinal);
        _clients.EnsureCapacity(definitions.Count);
        foreach (ClientDefinition definition in definitions)
        {
            TryLoad(definition, MayHave);
        }

        NoteLeft(configuration, MayHave);
        ForgetOld(saved, configuration);

        bool MayHave(string name) => names.Contains(name) || configuration.MayHave(name);
    }

    /// <summary>Sees to those that the configuration does not have any more.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="isNamed">Whether it has, or may have, a client of a name.</param>
    private void NoteLeft(ClientConfiguration configuration, Func<string, bool> isNamed)
    {
        IReadOnlyList<KeptRow> left = _kept.NoteLeft(row => _present.Contains(row) || configuration.MayHave(row.ClientName)
            || (row.IsRemoved && isNamed(row.ClientName)));
        _present.Clear();
        if (!configuration.IsEmpty)
        {
            foreach (KeptRow row in left.Take(MostNamed))
            {
                KeptClient client = row.ToKeptClient();
                LogLeft(client.Name, client.State switch
                {
                    KeptState.Removed => "removed",
                    KeptState.Disabled => "disabled",
                    _ => "enabled",
                });
            }

            if (left.Count > MostNamed)
            {
                LogMoreLeft(left.Count - MostNamed);
            }

            foreach (string name in _unwanted.Where(name => !isNamed(name) && !_kept.Has(name)))
            {
                _keeper.Forget(name);
            }

            _unwanted.RemoveAll(name => !configuration.MayHave(name));
        }

        WarnIfEmpty(configuration.IsEmpty);
    }

    /// <summary>Forgets who left long ago, unless by the clock the server has not run for as long: then it may be wrong, and once is enough.</summary>
    private void ForgetOld(IReadOnlyList<StoredClient> saved, ClientConfiguration configuration)
    {
        if (saved.Max(static client => client.SavedAt) >= EngineClock.Add(_clock.UtcNow, -KeptClients.KeepTime)
            && _kept.ForgetOld(row => configuration.MayHave(row.ClientName)) is > 0 and int count)
        {
            LogForgotOld(count, KeptClients.KeepTime.TotalDays);
        }
    }

    /// <summary>Says if there are no clients.</summary>
    /// <param name="isConfigurationEmpty">Whether the configuration has none.</param>
    private void WarnIfEmpty(bool isConfigurationEmpty)
    {
        int kept = _kept.Count + _unwanted.Count;
        if (isConfigurationEmpty && kept > 0)
        {
            LogNothingForgotten(kept);
        }

        if (_clients.Count == 0)
        {
            LogNoClients();
        }
    }

    /// <summary>Adds a client of the configuration. What is kept by its name, or by one of its keys, applies to it.</summary>
    /// <param name="definition">The client.</param>
    /// <param name="isNamed">Whether the configuration has a client of a name.</param>
    /// <returns>Null if a person has removed it, so that it stays away.</returns>
    private Client? TryLoad(ClientDefinition definition, Func<string, bool> isNamed)
    {
        IReadOnlyList<KeptRow> found = _kept.Find(definition);
        KeptRow? own = found.FirstOrDefault(row => row.Name == definition.Name)
            ?? found.FirstOrDefault(static row => row.IsRemoved)
            ?? found.FirstOrDefault(row => row.IsFormer || !isNamed(row.Name));
        if (own is { IsRemoved: true })
        {
            LogStaysRemoved(definition.Name, own.ClientName);
            definition.Secret.Dispose();
            _kept.SetLeft(own, null);
            _present.Add(own);
            return null;
        }

        StoredClient? stored = own?.Stored;
        RestoredClient restored = ClientRestorer.Restore(definition, stored, _clock.UtcNow);
        bool isBarred = restored.State.Enabled && Bars(found, definition, except: own);
        if (isBarred)
        {
            restored = new RestoredClient(restored.State with { Enabled = false, Expires = null }, TimeSpan.Zero, null);
        }

        if (stored?.LeftAt is { } left)
        {
            LogBack(restored.State.Enabled ? LogLevel.Information : LogLevel.Warning, definition.Name, own!.ClientName, left,
                restored.State.Enabled ? "enabled" : "disabled");
        }
        else if (own is not null && own.Name != definition.Name)
        {
            LogRenamed(definition.Name, own.ClientName);
        }

        var client = new Client(definition, restored.State, _startCheck, _expire);
        if (stored is { EncryptedSecret.IsEmpty: false })
        {
            if (SecretCipher.TryDecrypt(definition.Secret, own!.ClientName, stored.EncryptedSecret.Span) is { } secret)
            {
                client.Secret = secret;
                client.EncryptedSecret = own.Name == definition.Name ? stored.EncryptedSecret
                    : SecretCipher.Encrypt(definition.Secret, definition.Name, secret.Memory.Span);
            }
            else
            {
                LogFileSecretWins(definition.Name);
            }
        }

        _clients.Add(client);
        _lifecycle.Start(client, restored.TimeLeft);
        if (restored.ExpiredBecause is { } reason)
        {
            LogExpiredMeanwhile(definition.Name, reason);
        }

        RestoreDenial(client, found);
        if (stored is null || client.ToStored() with { SavedAt = stored.SavedAt } != stored)
        {
            _keeper.Changed(client);
        }

        foreach (KeptRow row in found)
        {
            _kept.GoOver(row, definition, isNamed);
        }

        client.Snapshot = client.Snapshot with { DBusObjectPath = _paths?.Assign(client.Name) };
        if (_lastChecks.Remove(client.Name, out Task? lastCheck))
        {
            client.LastCheck = lastCheck;
        }

        return client;
    }

    /// <summary>Whether a decision about one of a client's keys keeps it disabled; the log says so.</summary>
    private bool Bars(IReadOnlyList<KeptRow> rows, ClientDefinition definition, KeptRow? except)
    {
        if (rows.FirstOrDefault(row => row != except && !ClientRestorer.IsEnabled(definition, row.Stored)) is not { } barring)
        {
            return false;
        }

        LogBarred(definition.Name, barring.ClientName);
        return true;
    }

    /// <summary>Has a denial hold on that was in force when a client left, or when the server ended.</summary>
    private void RestoreDenial(Client client, IReadOnlyList<KeptRow> found)
    {
        TimeSpan left = found.Select(row => ClientRestorer.DenialLeft(row.Stored, client.Settings.ApprovalDuration, _clock.UtcNow))
            .DefaultIfEmpty().Max();
        if (left > TimeSpan.Zero)
        {
            _approvals.HoldVerdict(client, false, left);
        }
    }

    private void Admit(IPeerConnection peer)
    {
        if (_stopping)
        {
            TurnAway(peer);
        }
        else if (_connections.Admit(peer) is { } connection)
        {
            _ = Task.Run(() => _handler.ServeAsync(connection));
        }
    }

    private void TurnAway(IPeerConnection peer)
    {
        _audit.TurnedAway(peer, AuditReason.ServerStopping);
        peer.Dispose();
    }

    private void CloseConnections()
    {
        _stopping = true;
        _approvals.AbandonAll();
        foreach (Connection connection in _connections.All)
        {
            connection.Abort(AuditReason.ServerStopping, "the server stops");
        }
    }

    /// <returns>Ends when no check and no connection is left.</returns>
    private Task BeginStop()
    {
        CloseConnections();
        List<Task> ending = [_connections.WhenEmptyAsync(), .. _lastChecks.Values];
        foreach (Client client in _clients.All)
        {
            _deadlines.Cancel(client.NextCheck);
            _deadlines.Cancel(client.Expiry);
            _checks.Stop(client);
            if (!client.LastCheck.IsCompleted)
            {
                ending.Add(client.LastCheck);
            }
        }

        return Task.WhenAll(ending);
    }

    private bool EndStop()
    {
        Unsaved = _keeper.Unsaved;
        _audit.Flush();
        _events.Complete();
        return true;
    }

    private async Task WaitForStopAsync(Task task, string what, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync(task, what, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The rest of the stop waits for nothing.
        }
    }

    /// <returns>False if it takes too long, which is logged.</returns>
    private async Task<bool> WaitAsync(Task task, string what, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(_patience, _clock.TimeProvider, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            LogSlow(what, _patience.TotalSeconds);
            return false;
        }
    }
}
