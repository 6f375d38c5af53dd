using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Approval;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Protocol;
using Mandos.Engine.Reloading;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Makes this server one of several that share a store: it applies what others have decided, tells others what is decided here,
/// and lets no secret go unless it knows. Used on the engine loop alone, unless a member says otherwise.
/// </summary>
internal sealed partial class SharedState : IDisposable
{
    private readonly EngineServices _services;
    private readonly EngineClock _clock;
    private readonly ISharedStateStore _store;
    private readonly ServerIdentity _server;
    private readonly StoreCalls _calls;
    private readonly LivenessReporter _reporter;
    private readonly CheckShare _checks;
    private readonly RemoteRequests _remote;
    private readonly LastKnownClients _lastKnown;
    private readonly Membership _membership;
    private readonly ILogger _logger;
    private readonly Deadline _permissionEnd;
    private readonly TaskCompletionSource _fenced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClientRegistry _clients = null!;
    private ClientTransitions _transitions = null!;
    private RequestTransitions _requests = null!;
    private ApprovalDesk _approvals = null!;
    private ConnectionServer _connections = null!;
    private Synchronizer _sync = null!;
    private string? _differing;
    private string? _problem;
    private int _differingServers;
    private bool _isFirst = true;
    private volatile bool _servesCutOff;
    private volatile Seen _seen;

    /// <param name="services">What the engine shares.</param>
    /// <param name="store">The store.</param>
    /// <param name="server">This server.</param>
    /// <param name="offload">How to call the store beside the loop; null for the thread pool.</param>
    /// <param name="sinceBoot">As <see cref="EngineOptions.SinceBoot"/>.</param>
    /// <param name="lastKnown">Keeps what a start without the store has to know; null: nothing does.</param>
    /// <param name="readClients">Reads the files again; null if there is nothing to read.</param>
    public SharedState(
        EngineServices services, ISharedStateStore store, ServerIdentity server, Action<Action>? offload, Func<TimeSpan>? sinceBoot, ILastKnown? lastKnown,
        Func<Task<ClientConfiguration>>? readClients)
    {
        (_services, _clock, _store, _server, _logger) = (services, services.Clock, store, server, services.Logger);
        _calls = new StoreCalls(services, offload);
        Permission = new Permission(_clock, sinceBoot);
        Keeper = new SharedKeeper(services, store, _calls, new Acknowledgements(services, server.Id));
        _reporter = new LivenessReporter(services, store, _calls);
        _checks = new CheckShare(_clock, Permission, server.Id);
        _remote = new RemoteRequests(store, _calls, server.Id);
        _permissionEnd = new Deadline(static state => ((SharedState)state).PermissionEnded(), this);
        Gate = new SharedGate(_clock, Permission, WhenSettledAsync);
        _seen = new Seen([new SharedServer { Identity = server, SinceJoined = TimeSpan.Zero, Confirmed = 0 }], 0, null, _clock.Now);
        services.Meter.ObserveDifferingServers(() => Volatile.Read(ref _differingServers));
        services.Meter.ObserveServers(CountServers);
        services.Meter.ObservePermission(() => NotNegative(Permission.Left));
        services.Meter.ObserveSync(() => _clock.Now - _seen.Start);
        _lastKnown = new LastKnownClients(services, _calls, lastKnown);
        _membership = new Membership(services, store, server, _calls, Keeper, readClients);
    }

    /// <summary>Keeps the clients in the store.</summary>
    public SharedKeeper Keeper { get; }

    /// <summary>What has to agree before a secret is sent.</summary>
    public SharedGate Gate { get; }

    /// <summary>Until when secrets may go. Thread-safe.</summary>
    public Permission Permission { get; }

    /// <summary>Whether any client may get its secret now. Thread-safe.</summary>
    public bool IsServing => Permission.Holds || _servesCutOff;

    /// <summary>The same, to wait for. Thread-safe.</summary>
    public ServingSignal Serving { get; } = new();

    /// <summary>The servers that share the state, as they were at the last sync. Thread-safe.</summary>
    public ServerGroup Group
    {
        get
        {
            (Seen seen, TimeSpan now, DateTimeOffset time) = (_seen, _clock.Now, _clock.UtcNow);
            bool isKnown = Permission.Holds;
            Acknowledgements.Waiting? waiting = Keeper.Acknowledgements.Longest;
            return new ServerGroup
            {
                Servers = [.. seen.Servers.Select(Describe).OrderBy(static server => server.Name, StringComparer.Ordinal)],
                Revision = seen.Revision,
                LongestWait = waiting is null ? TimeSpan.Zero : NotNegative(waiting.Until - now),
            };

            KnownServer Describe(SharedServer server)
            {
                bool isSelf = server.Identity.Id == _server.Id;
                DateTimeOffset since = time - server.SinceJoined - (now - seen.At);
                return new KnownServer
                {
                    Name = server.Identity.Name,
                    IsSelf = isSelf,
                    Since = since.AddTicks(-(since.Ticks % TimeSpan.TicksPerSecond)),
                    Confirmed = server.Confirmed,
                    SinceSync = isSelf ? now - seen.Start : server.SinceSync + (now - seen.At),
                    PermissionLeft = isSelf ? NotNegative(Permission.Left)
                        : isKnown ? NotNegative(SharedStateTiming.Permission - server.SinceSync ?? TimeSpan.Zero)
                        : null,
                    FilesHash = server.FilesHash,
                    IsAwaited = waiting is not null && !Keeper.Acknowledgements.HasConfirmed(server, waiting.Revision),
                };
            }
        }
    }

    /// <summary>Why this server does not know what the others have decided; null if it does. To be shown to people. Thread-safe.</summary>
    public Signal<string?> Problem { get; } = new(null);

    /// <summary>Fails when another server has taken this one's place. Thread-safe.</summary>
    public Task Fenced => _fenced.Task;

    /// <summary>Puts it between the parts of an engine.</summary>
    public void Connect(
        ClientRegistry clients, KeptClients kept, ClientTransitions transitions, RequestTransitions requests, CheckRunner checks,
        ApprovalDesk approvals, ConnectionServer connections, Reloader reloader)
    {
        (_clients, _transitions, _requests, _approvals, _connections) = (clients, transitions, requests, approvals, connections);
        _sync = new Synchronizer(_services, _store, _calls, Permission, requests, Keeper.Acknowledgements, Apply)
        {
            Failed = NotSynced,
            Fenced = Fence,
            Join = _membership.Try,
            IsBehind = () => _lastKnown.IsBehind,
        };
        Keeper.Acknowledgements.IsBehind = () => _lastKnown.IsBehind;
        _lastKnown.CaughtUp = _sync.Soon;
        (_membership.Kept, _membership.Reloader) = (kept, reloader);
        (_membership.Failed, _membership.Ready) = (_sync.Fail, _sync.Soon);
        var applier = new ControlApplier(_services, kept, transitions, requests, approvals);
        Keeper.FindLocal = name => clients.TryGet(name, out Client? client) ? client : kept.FindRow(name);
        Keeper.Apply = applier.Apply;
        Keeper.Reviewed = entry => _lastKnown.Note(entry.Name, entry.Local as Client);
        Keeper.Expire = transitions.ExpireNow;
        Keeper.RetryExpiry = client => transitions.RetryExpiry(client, SharedKeeper.RetryTime);
        Keeper.SyncSoon = _sync.Soon;
        Keeper.Seen = _reporter.Note;
        Keeper.Fenced = _reporter.Fenced = Fence;
        Keeper.DecidedRequests = (name, approved) =>
        {
            if (clients.TryGet(name, out Client? client))
            {
                _remote.Decide(client, approved);
            }
        };
        Keeper.FilesRead = () =>
        {
            _reporter.NoteFiles(FilesHash.Of(clients.All));
            _reporter.Report();
        };
        transitions.OnDue = Keeper.Due;
        checks.LeavesToOthers = _checks.IsOthers;
        approvals.HoldsForPerson = client => !Permission.Holds && client.Settings.WhenCutOff == CutOffBehaviour.Hold;
        connections.IsServing = () => IsServing;
    }

    /// <summary>Joins the other servers, and reads what the store has. If it cannot be reached, that goes on while the server runs.</summary>
    /// <returns>The clients that may run, and what is known of them.</returns>
    public Task<(ClientConfiguration Clients, IReadOnlyList<StoredClient> Saved)> LoadAsync(
        ClientConfiguration configuration, CancellationToken cancellationToken)
        => _membership.LoadAsync(configuration, _lastKnown.Read, cancellationToken);

    /// <summary>What a reload is to take up. For any thread.</summary>
    public Task<ClientConfiguration> ReadClientsAsync() => _membership.ReadClientsAsync();

    /// <summary>Begins to sync, once the clients are loaded.</summary>
    public void Begin()
    {
        Keeper.FilesRead();
        _reporter.Forget(_clients.All.Select(client => (Keeper.EntryOf(client.Name), client)));
        if (_membership.IsWaiting)
        {
            LogStartsWithout(_clients.Count);
        }

        foreach (Client client in _clients.All)
        {
            _lastKnown.Note(client.Name, client);
        }

        UpdateServing();
        _sync.Begin();
    }

    /// <summary>Has a sync come at once, for somebody has committed something.</summary>
    public void Hint() => _sync.Soon();

    /// <summary>Follows the store's hints until the engine ends.</summary>
    public async Task WatchAsync()
    {
        CancellationToken token = _calls.Stopping;
        await _membership.WhenJoined.WaitAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!token.IsCancellationRequested)
        {
            try
            {
                await foreach (long _ in _store.WatchAsync(token).ConfigureAwait(false))
                {
                    _services.Loop.Post(Hint);
                }
            }
            catch (Exception) when (!token.IsCancellationRequested)
            {
                // Only hints: syncs go on without
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(SharedKeeper.RetryTime, _clock.TimeProvider, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends: nothing is released or synced any more.</summary>
    public void End()
    {
        _sync.End();
        Permission.End();
        _servesCutOff = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _calls.Dispose();
        _membership.Dispose();
    }

    private void Apply(SharedView view, TimeSpan start)
    {
        foreach (SharedClient client in WatchedOver(view.Clients))
        {
            // An approval counts from the start of the sync, a denial from now: when the store looked is not known.
            TimeSpan passed = _clock.Now - start;
            Keeper.TakeUp(client.Control?.Verdict is { Approved: true } verdict
                ? client with { Control = client.Control with { Verdict = verdict.Left > passed ? verdict with { Left = verdict.Left - passed } : null } }
                : client);
        }

        _problem = null;
        if (_isFirst)
        {
            Keeper.DropUnknown();
            _lastKnown.Begin(name => _clients.TryGet(name, out Client? _));
        }

        _checks.Update(view.Servers);
        bool grants = _isFirst && !_checks.HasOthers; // the grace of a start, if nobody watched the clients meanwhile
        _isFirst = false;
        foreach (SharedLiveness liveness in WatchedOver(view.Liveness))
        {
            Apply(liveness, start, grants);
        }

        _reporter.Begin();
        ApplyVerdicts(view.Requests);
        _remote.Update(view.Requests);
        _reporter.NoteRequests(_requests.Waiting);
        CompareFiles(view.Servers);
        if (!(start < _seen.Start)) // one that began earlier may end later
        {
            _seen = new Seen(view.Servers, Math.Max(view.Reached.Revision, _seen.Revision), start, _clock.Now);
        }

        Keeper.Synced(start);
        Keeper.Acknowledgements.Update(view.Servers);

        _services.Deadlines.Schedule(_permissionEnd, start + SharedStateTiming.Permission);
        _services.Loop.Post(UpdateServing); // after the permission is extended
    }

    /// <summary>Goes through what may be all clients, and notes now and then that the loop runs: that takes long, and is no gap.</summary>
    private IEnumerable<T> WatchedOver<T>(IReadOnlyList<T> all)
    {
        const int Some = 1000;
        for (int i = 0; i < all.Count; i++)
        {
            if (i % Some == Some - 1)
            {
                _services.Deadlines.Watch();
            }

            yield return all[i];
        }
    }

    private void Apply(SharedLiveness liveness, TimeSpan start, bool grants)
    {
        if (Keeper.Find(liveness.Client) is not { Local: Client client } entry)
        {
            return;
        }

        TimeSpan? due = liveness.ExpiresIn is { } left ? EngineClock.Add(start, left) : null;
        if (due is { } stored && client.Snapshot.Enabled)
        {
            if (grants && client.ExpiryDue > EngineClock.Add(stored, _clock.Now - start + ClientTransitions.SameTime))
            {
                entry.KnownDue = stored;
                _reporter.Note(entry, client);
            }

            TimeSpan? unreported = SharedEntry.Later(entry.Report?.GoodUntil, entry.BeingReported?.GoodUntil);
            due = entry.KnownDue = unreported > stored ? unreported.Value : stored;
        }

        DateTimeOffset? ok = _clock.UtcNow - liveness.SinceCheckedOk;
        entry.KnownChecks = (ok > client.Snapshot.LastCheckedOk ? ok : client.Snapshot.LastCheckedOk ?? ok, liveness.Status);
        DateTimeOffset? checkedOk = entry.KnownChecks.Ok;
        Keeper.WhileApplying(entry, () => _transitions.TakeLiveness(client, due, checkedOk, liveness.Status)); // no news of this server's own
        entry.KnownChecks = (client.Snapshot.LastCheckedOk, client.Snapshot.LastCheckerStatus);
        if (due is not null && client.Snapshot.Enabled && client.ExpiryDue > entry.KnownDue)
        {
            entry.KnownDue = client.ExpiryDue; // by a trifle, which is not worth a report
        }
    }

    /// <summary>Takes up what was decided elsewhere about requests that wait here.</summary>
    private void ApplyVerdicts(IReadOnlyList<SharedRequest> requests)
    {
        foreach (SharedRequest request in requests)
        {
            if (request.Server == _server.Id && request.Verdict is { } approved && _requests.Waits(request.Request.Id))
            {
                _approvals.Decide(request.Request.Id, approved);
            }
        }
    }

    private void CompareFiles(IReadOnlyList<SharedServer> servers)
    {
        string? own = servers.FirstOrDefault(server => server.Identity.Id == _server.Id)?.FilesHash;
        string[] names = own is null ? []
            : [.. servers.Where(server => server.FilesHash is { } hash && hash != own).Select(static server => server.Identity.Name).Order(StringComparer.Ordinal)];
        Volatile.Write(ref _differingServers, names.Length);
        string differing = string.Join(", ", names);
        if (differing != (_differing ?? ""))
        {
            if (differing.Length > 0)
            {
                LogFilesDiffer(differing);
            }
            else
            {
                LogFilesAgree();
            }
        }

        _differing = differing;
    }

    private void NotSynced(string problem)
    {
        _problem = problem;
        Keeper.NotSynced(problem);
        if (!Permission.Holds)
        {
            UpdateServing(); // a person may have changed a when_cut_off here
        }
    }

    private void PermissionEnded()
    {
        if (!Permission.Holds)
        {
            UpdateServing();
            if (!_services.IsStopping)
            {
                LogNoPermission();
            }
        }
        else
        {
            _services.Deadlines.Schedule(_permissionEnd, _clock.After(Permission.Left));
        }
    }

    /// <summary>Looks whether secrets may go, and breaks off those on their way that may not.</summary>
    private void UpdateServing()
    {
        bool holds = Permission.Holds;
        _servesCutOff = !holds && !Fenced.IsCompleted && !_services.IsStopping
            && _clients.All.Any(SharedGate.MayServeCutOff);
        if (!holds)
        {
            _connections.AbortSends(
                "this server does not know any more what the other servers have decided",
                static request => !SharedGate.ServesCutOff(request, request.Reason));
            if (_servesCutOff)
            {
                _approvals.TurnAway(static client => !SharedGate.MayServeCutOff(client));
                _approvals.LookAgain();
            }
            else
            {
                _connections.CloseCutOff();
            }
        }
        else
        {
            _approvals.LookAgain();
        }

        Serving.Set(IsServing);
        Problem.Set(holds ? null : _problem ?? (_isFirst ? "the shared store has not told of its clients yet" : "the shared store does not answer"));
    }

    /// <summary>Ends when what is decided of a client here is in the store, and, if its expiry has come here, the store has told of it since.</summary>
    private Task WhenSettledAsync(Client client) => _services.Loop.InvokeAsync(
        () => client.Snapshot.Enabled && !_transitions.IsEntitled(client) ? Keeper.WhenSynced() : Keeper.WhenSettled(client)).Unwrap();

    private void Fence(ServerFencedException error)
    {
        if (_fenced.TrySetException(error))
        {
            LogFenced(error.Message);
            End();
            UpdateServing();
        }
    }

    private IEnumerable<(string State, int Count)> CountServers()
    {
        IReadOnlyList<KnownServer> all = Group.Servers;
        int synced = all.Count(static server => server.PermissionLeft > TimeSpan.Zero);
        return [("synced", synced), ("silent", all.Count - synced)];
    }

    private static TimeSpan NotNegative(TimeSpan duration) => duration > TimeSpan.Zero ? duration : TimeSpan.Zero;

    /// <summary>What a sync said of the servers. Times are those of the engine's monotonic clock.</summary>
    /// <param name="Servers">The servers.</param>
    /// <param name="Revision">The last change of control.</param>
    /// <param name="Start">When the sync began; null if none has ended well.</param>
    /// <param name="At">When it was applied.</param>
    private sealed record Seen(IReadOnlyList<SharedServer> Servers, long Revision, TimeSpan? Start, TimeSpan At);
}
