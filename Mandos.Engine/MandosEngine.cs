using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Auditing;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Persistence;
using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;
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

    /// <summary>What is saved of those that are no clients now, by name. Null is never restored, only forgotten.</summary>
    /// <remarks>
    /// They were removed by a person and so stay away, or all are gone from the configuration: it may not be mounted, or be
    /// misspelt, and must not enable a disabled client when it comes back.
    /// </remarks>
    private readonly Dictionary<string, StoredClient?> _absent = new(StringComparer.Ordinal);

    /// <summary>The ends of checks that still ran when their clients were removed, by name, for a client that comes back.</summary>
    private readonly Dictionary<string, Task> _lastChecks = new(StringComparer.Ordinal);
    private readonly ExpirySchedule _expiry;
    private readonly CheckRunner _checks;
    private readonly ApprovalDesk _approvals;
    private readonly ClientLifecycle _lifecycle;
    private readonly AuditTrail _audit;
    private readonly ConnectionTable _connections;
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
        _deadlines = new DeadlineQueue(_clock, _loop.Post, _loop.OnError);
        _keeper = new StateKeeper(_loop, _clock, _deadlines, store, logger);
        _paths = options.UseDBus ? new ObjectPaths(logger) : null;
        _journal = new ClientJournal(_events, _keeper);
        _expiry = new ExpirySchedule(_clock, _deadlines);
        _checks = new CheckRunner(_loop, _clock, _deadlines, _journal, _expiry, checkers, logger);
        _approvals = new ApprovalDesk(_clock, _deadlines, _clients, _journal, _expiry, _events, logger);
        _lifecycle = new ClientLifecycle(_clock, _deadlines, _journal, _expiry, _checks, _approvals, options.Random, logger);
        _audit = new AuditTrail(_clock, options.Audit, logger);
        _connections = new ConnectionTable(
            _clock, _deadlines, options.MaxConnections, options.MaxConnectionsPerAddress, _audit, logger);
        _handler = new ConnectionHandler(_loop, _connections, _approvals, _audit, tls, logger);
        _startCheck = client => _checks.StartDue((Client)client);
        _expire = client => _lifecycle.Expire((Client)client);
    }

    /// <summary>Ends when the engine has stopped.</summary>
    public Task Completion => _loop.Completion;

    /// <summary>Number of clients.</summary>
    public int ClientCount => _clients.Count;

    /// <summary>Grows with all that the engine does, so that one that is busy can be told from one that hangs.</summary>
    public long WorkDone => _loop.WorkDone;

    /// <summary>The loop, for tests that step it.</summary>
    internal EngineLoop Loop => _loop;

    /// <summary>The connections, for tests.</summary>
    internal ConnectionTable Connections => _connections;

    /// <summary>The clients, for tests.</summary>
    internal ClientRegistry Clients => _clients;

    /// <summary>The keeper of the state, for tests.</summary>
    internal StateKeeper Keeper => _keeper;

    /// <summary>The deadlines, for tests.</summary>
    internal DeadlineQueue Deadlines => _deadlines;

    /// <summary>Loads the saved state, brings it together with the definitions, and starts to check.</summary>
    /// <param name="definitions">The clients of the configuration, with different names, key IDs and fingerprints.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">The saved state cannot be read.</exception>
    public async Task StartAsync(IReadOnlyCollection<ClientDefinition> definitions, CancellationToken cancellationToken)
    {
        await LoadAsync(definitions, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Stops: ends waits and checks, closes connections, saves what is not saved, and ends the subscriptions.</summary>
    /// <param name="cancellationToken">Stops without waiting further, neither for checks nor for the last save.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The connections end in no time, but one that has just sent a secret has that to tell before the last save.
        Task ended = await _loop.InvokeAsync(BeginStop, CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(ended, "checks and connections to end", cancellationToken).ConfigureAwait(false);
        Task saved = await _loop.InvokeAsync(_keeper.FlushAsync, CancellationToken.None).ConfigureAwait(false);
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
    internal async Task LoadAsync(IReadOnlyCollection<ClientDefinition> definitions, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredClient> saved = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, StoredClient> stored = saved.ToDictionary(static client => client.Name, StringComparer.Ordinal);
        _clients.EnsureCapacity(definitions.Count);
        foreach (ClientDefinition definition in definitions)
        {
            stored.Remove(definition.Name, out StoredClient? old);
            TryLoad(definition, _options.Restore ? old : null);
        }

        foreach ((string name, StoredClient old) in stored)
        {
            if (definitions.Count > 0)
            {
                _keeper.Forget(name);
            }
            else
            {
                _absent.Add(name, _options.Restore ? old : null);
            }
        }

        WarnIfEmpty(definitions.Count == 0);
    }

    /// <summary>Says if there are no clients.</summary>
    /// <param name="isConfigurationEmpty">Whether the configuration has none.</param>
    private void WarnIfEmpty(bool isConfigurationEmpty)
    {
        if (isConfigurationEmpty && _absent.Count > 0)
        {
            LogNothingForgotten(_absent.Count);
        }

        if (_clients.Count == 0)
        {
            LogNoClients();
        }
    }

    /// <summary>Adds a client of the configuration.</summary>
    /// <param name="definition">The client.</param>
    /// <param name="stored">What is saved of it; null for a new one.</param>
    /// <returns>Null if a person has removed it, so that it stays away.</returns>
    private Client? TryLoad(ClientDefinition definition, StoredClient? stored)
    {
        if (stored is { Client: null })
        {
            LogStaysRemoved(definition.Name);
            definition.Secret.Dispose();
            _absent.Add(definition.Name, stored);
            return null;
        }

        RestoredClient restored = ClientRestorer.Restore(definition, stored, _clock.UtcNow);
        var client = new Client(definition, restored.State, _startCheck, _expire);
        if (stored is { EncryptedSecret.IsEmpty: false })
        {
            if (SecretCipher.TryDecrypt(definition.Secret, definition.Name, stored.EncryptedSecret.Span) is { } secret)
            {
                client.Secret = secret;
                client.EncryptedSecret = stored.EncryptedSecret;
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

        if (stored is null || StateKeeper.ToStored(client) != stored)
        {
            _keeper.Changed(client);
        }

        client.Snapshot = client.Snapshot with { DBusObjectPath = _paths?.Assign(client.Name) };
        if (_lastChecks.Remove(client.Name, out Task? lastCheck))
        {
            client.LastCheck = lastCheck;
        }

        return client;
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

    /// <returns>Ends when no check and no connection is left.</returns>
    private Task BeginStop()
    {
        _stopping = true;
        _approvals.AbandonAll();
        foreach (Connection connection in _connections.All)
        {
            connection.Abort(AuditReason.ServerStopping, "the server stops");
        }

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

    private async Task WaitAsync(Task task, string what, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(_patience, _clock.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            LogSlow(what, _patience.TotalSeconds);
        }
    }
}
