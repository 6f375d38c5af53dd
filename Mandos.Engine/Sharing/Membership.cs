using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Plugins;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Reloading;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Makes this server one of those that share the store: at its start or, if the store cannot be reached then, as soon as it can. Used on the engine loop
/// alone, but for its first try, which comes before the loop runs.
/// </summary>
internal sealed partial class Membership : IDisposable
{
    /// <summary>How long a start waits for the store, as nobody accepts or closes connections meanwhile. The try goes on after that.</summary>
    public static readonly TimeSpan StartTime = TimeSpan.FromSeconds(5);

    /// <summary>Whatever the reason: a person may mend anything at the database, and nobody tells this server.</summary>
    private static readonly Backoff _pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    /// <summary>Longer than the clients take to be loaded, with many of them.</summary>
    private static readonly TimeSpan _longestLoad = TimeSpan.FromMinutes(1);

    private readonly EngineServices _services;
    private readonly EngineClock _clock;
    private readonly ISharedStateStore _store;
    private readonly ServerIdentity _server;
    private readonly StoreCalls _calls;
    private readonly SharedKeeper _keeper;
    private readonly LateStart _late;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isRegistered;
    private bool _isJoining;
    private bool _canSync;
    private TimeSpan _next;
    private TimeSpan _pause;

    public Membership(
        EngineServices services, ISharedStateStore store, ServerIdentity server, StoreCalls calls, SharedKeeper keeper,
        Func<Task<ClientConfiguration>>? readClients)
    {
        (_services, _clock, _store, _server, _calls, _keeper, _logger) = (services, services.Clock, store, server, calls, keeper, services.Logger);
        _late = new LateStart(services, name => keeper.Find(name)?.Base is not null, readClients);
    }

    /// <summary>Is told of each failure.</summary>
    public Action<Exception> Failed { get; set; } = static _ => { };

    /// <summary>Has syncs begin, once the clients are loaded.</summary>
    public Action Ready { get; set; } = static () => { };

    /// <summary>What is kept of those that are no clients.</summary>
    public KeptClients Kept { get; set; } = null!;

    /// <summary>Loads the clients that wait.</summary>
    public Reloader Reloader { get; set; } = null!;

    /// <summary>Whether the store has not told of its clients yet.</summary>
    public bool IsWaiting => _late.IsWaiting;

    /// <summary>Ends when this server has joined. For any thread.</summary>
    public Task WhenJoined => _joined.Task;

    /// <summary>Joins, and reads what the store has.</summary>
    /// <param name="configuration">What the files say.</param>
    /// <param name="lastKnown">Reads what was known when this server ran last.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The clients that may run, and what is known of them.</returns>
    public async Task<(ClientConfiguration Clients, IReadOnlyList<StoredClient> Saved)> LoadAsync(
        ClientConfiguration configuration, Func<IReadOnlyList<StoredClient>> lastKnown, CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<StoredClient>> join = JoinAsync(cancellationToken);
        try
        {
            IReadOnlyList<StoredClient> saved = await join.WaitAsync(StartTime, _clock.TimeProvider, cancellationToken).ConfigureAwait(false);
            _keeper.Load(saved);
            _canSync = true;
            _joined.SetResult();
            return (configuration, [.. OwnOf(saved, configuration.Clients)]);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever the store's fault, the server starts and tries again
            _late.IsWaiting = true;
            _isJoining = true;
            _ = FollowAsync(join);
            Failed(e is TimeoutException ? new TimeoutException("the shared store does not answer") : e);
            StoredClient[] saved = [.. lastKnown().Select(stored => LateStart.AtStart(stored, _clock.UtcNow))];
            _keeper.Load(saved);
            return (_late.PartOf(configuration), saved);
        }
    }

    /// <summary>Joins the other servers now and then, until that succeeds. One try ends before the next one begins.</summary>
    /// <returns>Whether this server can sync.</returns>
    public bool Try()
    {
        if (!_canSync && !_isJoining && _clock.Now >= _next)
        {
            _isJoining = true;
            _calls.Call(JoinAsync, Timeout.InfiniteTimeSpan, Joined, NotJoined);
        }

        return _canSync;
    }

    /// <summary>What a reload is to take up. For any thread.</summary>
    public Task<ClientConfiguration> ReadClientsAsync() => _late.ReadAsync();

    /// <inheritdoc/>
    public void Dispose() => _late.Dispose();

    private async Task<IReadOnlyList<StoredClient>> JoinAsync(CancellationToken cancellationToken)
    {
        if (!_isRegistered)
        {
            await _store.JoinAsync(_server, cancellationToken).ConfigureAwait(false);
            _isRegistered = true;
        }

        return await _store.LoadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes on with a try that the start has not waited for.</summary>
    private async Task FollowAsync(Task<IReadOnlyList<StoredClient>> join)
    {
        IReadOnlyList<StoredClient> saved;
        try
        {
            saved = await join.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever the store's fault, the server goes on and tries again
            _services.Loop.Post(() => NotJoined(e));
            return;
        }

        _services.Loop.Post(() => Joined(saved));
    }

    private void NotJoined(Exception error)
    {
        _isJoining = false;
        _pause = _pauses.After(_pause);
        _next = _clock.After(_pause);
        Failed(error);
    }

    private void Joined(IReadOnlyList<StoredClient> saved)
    {
        try
        {
            TakeUp(saved);
        }
        catch (Exception e)
        {
            NotJoined(e); // what is half taken up is taken up again
            return;
        }

        _late.IsWaiting = false;
        _joined.TrySetResult();
        _ = LoadWaitingAsync();
    }

    private void TakeUp(IReadOnlyList<StoredClient> saved)
    {
        foreach ((StoredClient stored, StoredClient own) in saved.Zip(OwnOf(saved, _late.Whole)))
        {
            SharedEntry entry = _keeper.EntryOf(stored.Name);
            entry.File = stored.SavedAt is null ? null : stored;
            if (entry.Local is Client)
            {
                continue; // it runs, and the first sync brings what was decided since
            }

            if (entry.Local is KeptRow row)
            {
                Kept.Drop(row);
            }

            (entry.Base, entry.LoadedRevision) = (ClientControl.Of(stored, _clock), stored.Revision);
            entry.Local = Kept.Load(own);
        }
    }

    /// <summary>Loads the clients that have waited, and has syncs begin.</summary>
    private async Task LoadWaitingAsync()
    {
        try
        {
            await Reloader.ReloadAsync().ConfigureAwait(false);
        }
        catch (ConfigurationException)
        {
            // The log has it. Those that run are served, and the next reload brings the others
        }
        catch (Exception e) when (!_calls.Stopping.IsCancellationRequested)
        {
            LogNotLoaded(e);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        _services.Loop.Post(() =>
        {
            _canSync = true;
            Ready();
        });
    }

    private IEnumerable<StoredClient> OwnOf(IEnumerable<StoredClient> saved, IEnumerable<ClientDefinition> clients)
    {
        Dictionary<string, ClientDefinition> files = clients.ToDictionary(static client => client.Name, StringComparer.Ordinal);
        return saved.Select(stored => Own(stored, files.GetValueOrDefault(stored.Name)));
    }

    /// <summary>
    /// A row with what counts here: a server that keeps nothing of its own of a client has not edited its file, and who is due is disabled only if the
    /// store still says so.
    /// </summary>
    private StoredClient Own(StoredClient stored, ClientDefinition? definition)
    {
        DateTimeOffset now = _clock.UtcNow;
        if (stored.SavedAt is null)
        {
            stored = definition is null
                ? stored with { SavedAt = now, LeftAt = now, FileEnabled = true } // as in ControlApplier
                : stored with { SavedAt = now, LeftAt = null, FileSettings = definition.Settings, FileEnabled = definition.Enabled };
        }

        // One that was seen alive last gets its timeout, as after any start
        return stored.Client is { Enabled: true } client && !(client.Expires > now) && (client.LastCheckedOk is null || client.LastCheckerStatus != 0)
            ? stored with { Client = client with { Expires = now + _longestLoad } }
            : stored;
    }
}
