using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Commands;
using Mandos.Engine.Control;
using Mandos.Engine.Persistence;
using Mandos.Engine.Protocol;
using Mandos.Engine.Reloading;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine;

/// <summary>The protocol engine: knows the clients, checks them, and gives each its secret when it may have it.</summary>
/// <remarks>
/// <see cref="StartAsync"/> first, then <see cref="Serve"/> for each connection, last <see cref="StopAsync"/>. It opens no files and no
/// sockets.
/// </remarks>
public sealed class MandosEngine : IDisposable
{
    private readonly EngineOptions _options;
    private readonly IStateStore _store;
    private readonly EngineServices _services;
    private readonly ClientRegistry _clients = new();
    private readonly EventHub _events = new();
    private readonly StateKeeper _keeper;
    private readonly ClientTransitions _transitions;
    private readonly CheckRunner _checks;
    private readonly ClientLoader _loader;
    private readonly ClientCommands _commands;
    private readonly ConnectionServer _connections;

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
        (_options, _store) = (options, store);
        _services = new EngineServices(timeProvider, logger, options.LongestDelay);
        _keeper = new StateKeeper(_services, store);
        var kept = new KeptClients(_keeper, _services.Clock);
        ObjectPaths? paths = options.UseDBus ? new ObjectPaths(logger) : null;
        var journal = new ClientJournal(_events, _keeper);
        var requests = new RequestTransitions(_services, _clients, journal);
        _transitions = new ClientTransitions(_services, _clients, journal, requests, paths, options.Random);
        _checks = new CheckRunner(_services, _transitions, checkers);
        var approvals = new ApprovalDesk(_services, _clients, _transitions, requests, _events);
        _loader = new ClientLoader(_services, _clients, _keeper, kept, _transitions, requests, _checks, paths);
        var reloader = new Reloader(_services, _clients, _keeper, kept, _transitions, _checks, _loader, options.ReadClients);
        _commands = new ClientCommands(_services, _clients, _events, _keeper, kept, _transitions, _checks, approvals, reloader);
        _connections = new ConnectionServer(_services, options.ConnectionLimits, approvals, tls, options.Audit, options.Gates);
    }

    /// <summary>The server as control surfaces see and command it.</summary>
    public IMandosServer Server => _commands;

    /// <summary>What control surfaces are told of the server itself. Set it before they start.</summary>
    public ServerInfo Info
    {
        get => _commands.Info;
        set => _commands.Info = value;
    }

    /// <summary>Ends when the engine has stopped.</summary>
    public Task Completion => _services.Loop.Completion;

    /// <summary>After the stop: what is lost with the process because it could not be saved, and why; null if nothing is.</summary>
    public string? Unsaved { get; private set; }

    /// <summary>Number of clients.</summary>
    public int ClientCount => _clients.Count;

    /// <summary>Grows with all that the engine does, so that one that is busy can be told from one that hangs.</summary>
    public long WorkDone => _services.Loop.WorkDone;

    /// <summary>The loop, for tests that step it.</summary>
    internal EngineLoop Loop => _services.Loop;

    /// <summary>The deadlines, for tests.</summary>
    internal DeadlineQueue Deadlines => _services.Deadlines;

    /// <summary>The clients, for tests.</summary>
    internal ClientRegistry Clients => _clients;

    /// <summary>The keeper of the state, for tests.</summary>
    internal StateKeeper Keeper => _keeper;

    /// <summary>The checks, for tests.</summary>
    internal CheckRunner Checks => _checks;

    /// <summary>The connections, for tests.</summary>
    internal ConnectionTable Connections => _connections.Table;

    /// <summary>The turns of handshakes, for tests.</summary>
    internal HandshakeTurns Turns => _connections.Turns;

    /// <summary>Loads the saved state, brings it together with the configuration, and starts to check.</summary>
    /// <param name="configuration">The clients.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">The saved state cannot be read.</exception>
    public async Task StartAsync(ClientConfiguration configuration, CancellationToken cancellationToken)
    {
        await LoadAsync(configuration, cancellationToken).ConfigureAwait(false);
        _services.Start();
    }

    /// <summary>Serves a connection until it ends. Returns at once.</summary>
    /// <param name="peer">The connection, which becomes the engine's.</param>
    public void Serve(IPeerConnection peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _connections.Serve(peer);
    }

    /// <summary>Ends when the engine has answered: it takes turns with all that the engine has to do.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ProbeAsync(CancellationToken cancellationToken) => _services.Loop.InvokeAsync(static () => true, cancellationToken);

    /// <summary>Closes all connections, and each that is still to come: who cannot be served is to ask another server at once.</summary>
    /// <remarks>The rest of the engine goes on until <see cref="StopAsync"/>.</remarks>
    public void TurnAwayAll() => _services.Loop.Post(_connections.CloseAll);

    /// <summary>Breaks off all secrets that are on their way, because this server must not release any now.</summary>
    /// <param name="why">Why, for the log and the audit.</param>
    internal void AbortSends(string why) => _services.Loop.Post(() => _connections.AbortSends(why));

    /// <summary>Stops: ends waits and checks, closes connections, saves what is not saved, and ends the subscriptions.</summary>
    /// <param name="cancellationToken">Stops without waiting further, neither for checks nor for the last save.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The connections end in no time, but one that has just sent a secret has that to tell before the last save.
        Task ended = await _services.Loop.InvokeAsync(BeginStop, CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(ended, "checks and connections to end", cancellationToken).ConfigureAwait(false);
        Task saved = await _services.Loop.InvokeAsync(() => _keeper.FlushAsync(), CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(saved, "the last save", cancellationToken).ConfigureAwait(false);
        await _services.Loop.InvokeAsync(EndStop, CancellationToken.None).ConfigureAwait(false);
        _services.Loop.Complete();
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Ends the timer and zeroes the secrets. Nothing may run any more.</summary>
    public void Dispose()
    {
        _services.Dispose();
        _keeper.Dispose();
        _connections.Dispose();
        foreach (Client client in _clients.All)
        {
            client.Secret.Dispose();
            client.Definition.Secret.Dispose();
        }
    }

    /// <summary>Reads the state and sets up the clients, without starting the loop.</summary>
    internal async Task LoadAsync(ClientConfiguration configuration, CancellationToken cancellationToken)
    {
        IReadOnlyList<StoredClient> saved = await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (_store.SaveProblem is { } problem)
        {
            _keeper.BeginUnsaved(problem);
        }

        _loader.Load(configuration, saved, _options.Restore);
    }

    /// <returns>Ends when no check and no connection is left.</returns>
    private Task BeginStop()
    {
        _connections.CloseAll();
        foreach (Client client in _clients.All)
        {
            _transitions.Halt(client);
        }

        return Task.WhenAll(_connections.Table.WhenEmptyAsync(), _checks.WhenIdleAsync());
    }

    private bool EndStop()
    {
        Unsaved = _keeper.Unsaved;
        _connections.FlushAudit();
        _events.Complete();
        return true;
    }

    private async Task WaitForStopAsync(Task task, string what, CancellationToken cancellationToken)
    {
        try
        {
            await _services.WaitAsync(task, what, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The rest of the stop waits for nothing.
        }
    }
}
