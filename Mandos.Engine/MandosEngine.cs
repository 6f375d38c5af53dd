using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;
using Mandos.Engine.Protocol;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine;

/// <summary>The protocol engine: knows the clients, checks them, and gives each its secret when it may have it.</summary>
/// <remarks>
/// <see cref="StartAsync"/> first, then <see cref="Serve"/> for each connection, last <see cref="StopAsync"/>. It opens no files and no
/// sockets.
/// </remarks>
public sealed class MandosEngine : IDisposable
{
    private static readonly Task _never = new TaskCompletionSource().Task;

    private readonly EngineOptions _options;
    private readonly IStateStore _store;
    private readonly EngineParts _parts;

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
        _parts = new EngineParts(options, tls, store, checkers, timeProvider, logger);
    }

    /// <summary>The server as control surfaces see and command it.</summary>
    public IMandosServer Server => _parts.Commands;

    /// <summary>What control surfaces are told of the server itself. Set it before they start.</summary>
    public ServerInfo Info
    {
        get => _parts.Commands.Info;
        set => _parts.Commands.Info = value;
    }

    /// <summary>Ends when the engine has stopped, or must serve no more.</summary>
    public Task Completion => _parts.Shared is { } shared
        ? Task.WhenAny(_parts.Services.Loop.Completion, shared.Fenced).Unwrap()
        : _parts.Services.Loop.Completion;

    /// <summary>After the stop: the changes that are lost with the process because they could not be saved, and why; null if there are none.</summary>
    public string? Unsaved { get; private set; }

    /// <summary>Number of clients.</summary>
    public int ClientCount => _parts.Clients.Count;

    /// <summary>Grows with all that the engine does, so that one that is busy can be told from one that hangs.</summary>
    public long WorkDone => _parts.Services.Loop.WorkDone;

    /// <summary>The parts, for tests.</summary>
    internal EngineParts Parts => _parts;

    /// <summary>Loads the saved state, brings it together with the configuration, and starts to check.</summary>
    /// <param name="configuration">The clients.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StateStoreException">The saved state cannot be read. A store that servers share may answer later.</exception>
    public async Task StartAsync(ClientConfiguration configuration, CancellationToken cancellationToken)
    {
        await LoadAsync(configuration, cancellationToken).ConfigureAwait(false);
        _parts.Services.Start();
        _ = _parts.Shared?.WatchAsync();
    }

    /// <summary>Serves a connection until it ends. Returns at once.</summary>
    /// <param name="peer">The connection, which becomes the engine's.</param>
    public void Serve(IPeerConnection peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        _parts.Connections.Serve(peer);
    }

    /// <summary>Ends when the engine has answered: it takes turns with all that the engine has to do.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ProbeAsync(CancellationToken cancellationToken) => _parts.Services.Loop.InvokeAsync(static () => true, cancellationToken);

    /// <summary>Closes all connections, and each that still comes, so that a client that cannot be served asks another server at once.</summary>
    /// <remarks>The rest of the engine goes on until <see cref="StopAsync"/>.</remarks>
    public void TurnAwayAll() => _parts.Services.Loop.Post(_parts.Connections.CloseAll);

    /// <summary>Breaks off all secrets that are on their way, because this server must not release any now.</summary>
    /// <param name="why">Why, for the log and the audit.</param>
    internal void AbortSends(string why) => _parts.Services.Loop.Post(() => _parts.Connections.AbortSends(why));

    /// <summary>Stops: ends waits and checks, closes connections, saves what is not saved, and ends the subscriptions.</summary>
    /// <param name="cancellationToken">Stops without waiting further, neither for checks nor for the last save.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // The connections end in no time, but one that has just sent a secret has that to tell before the last save.
        Task ended = await _parts.Services.Loop.InvokeAsync(BeginStop, CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(ended, "checks and connections to end", cancellationToken).ConfigureAwait(false);
        Task saved = await _parts.Services.Loop.InvokeAsync(() => _parts.Keeper.FlushAsync(), CancellationToken.None).ConfigureAwait(false);
        await WaitForStopAsync(saved, "the last save", cancellationToken).ConfigureAwait(false);
        await _parts.Services.Loop.InvokeAsync(EndStop, CancellationToken.None).ConfigureAwait(false);
        _parts.Services.Loop.Complete();
        await _parts.Services.Loop.Completion.ConfigureAwait(false);
    }

    /// <summary>Has something run whenever clients can get their secrets here, which is always unless the server shares its state with others.</summary>
    /// <param name="run">What is to run; it ends when its token is cancelled.</param>
    /// <param name="cancellationToken">Ends it for good.</param>
    public Task WhileServingAsync(Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        return _parts.Shared is { } shared ? shared.Serving.WhileAsync(run, cancellationToken) : run(cancellationToken);
    }

    /// <summary>Why the server gives no secrets, or few, though it runs; null if it gives them all. With what ends when that changes.</summary>
    public (string? Problem, Task Change) Health => _parts.Shared?.Problem.Get() ?? (null, _never);

    /// <summary>Ends the timer and zeroes the secrets. Nothing may run any more.</summary>
    public void Dispose() => _parts.Dispose();

    /// <summary>Reads the state and sets up the clients, without starting the loop.</summary>
    internal async Task LoadAsync(ClientConfiguration configuration, CancellationToken cancellationToken)
    {
        configuration = _parts.Loader.Accept(configuration);
        (configuration, IReadOnlyList<StoredClient> saved) = _parts.Shared is { } shared
            ? await shared.LoadAsync(configuration, cancellationToken).ConfigureAwait(false)
            : (configuration, await _store.LoadAsync(cancellationToken).ConfigureAwait(false));
        if (_store.SaveProblem is { } problem)
        {
            _parts.Keeper.BeginUnsaved(problem);
        }

        string? keyFault = saved.Any(static stored => stored.Client is { Origin: ClientOrigin.Command }) ? _parts.AddedSecrets.ReadKey() : null;

        // What servers share is not this one's to forget.
        _parts.Loader.Load(configuration, saved, _options.Restore || _parts.Shared is not null, keyFault);
        _parts.Invitations?.Load();
        _parts.Reloader.NoteInForce(configuration, _parts.Clients.All);
        _parts.AddedRetry.Begin();
        _parts.Shared?.Begin();
    }

    /// <returns>Ends when no check and no connection is left.</returns>
    private Task BeginStop()
    {
        _parts.Connections.CloseAll();
        _parts.Transitions.HaltAll();
        _parts.Probes.StopAll();
        return Task.WhenAll(_parts.Connections.WhenEmptyAsync(), _parts.Checks.WhenIdleAsync(), _parts.Probes.WhenIdleAsync());
    }

    private bool EndStop()
    {
        Unsaved = _parts.Keeper.Unsaved;
        _parts.Shared?.End();
        _parts.Connections.FlushAudit();
        _parts.Events.Complete();
        return true;
    }

    private async Task WaitForStopAsync(Task task, string what, CancellationToken cancellationToken)
    {
        try
        {
            await _parts.Services.WaitAsync(task, what, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The rest of the stop waits for nothing.
        }
    }
}
