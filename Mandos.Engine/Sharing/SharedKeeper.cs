using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Keeps the clients in a store that several servers share: what is decided here becomes a command of one client, which expects what this
/// server has seen; what was decided elsewhere meanwhile stands, and is brought together with it. Used on the engine loop alone.
/// </summary>
internal sealed partial class SharedKeeper : IStateKeeper
{
    /// <summary>How long changes gather before they are sent.</summary>
    internal static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the store may take for a call; after that its outcome is unknown.</summary>
    internal static readonly TimeSpan CallTime = TimeSpan.FromSeconds(5);

    /// <summary>How soon what failed is tried again.</summary>
    internal static readonly TimeSpan RetryTime = TimeSpan.FromSeconds(1);

    /// <summary>Commands under way at once: each takes the store's one row of the revision, so more would only wait there.</summary>
    private const int MostCommands = 8;

    private readonly EngineServices _services;
    private readonly EngineClock _clock;
    private readonly ISharedStateStore _store;
    private readonly StoreCalls _calls;
    private readonly ILogger _logger;
    private readonly Dictionary<string, SharedEntry> _entries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirty = new(StringComparer.Ordinal);
    private readonly Queue<SharedEntry> _queue = [];

    /// <summary>Those with a command whose outcome was unknown at the last look.</summary>
    private readonly HashSet<SharedEntry> _unknown = [];

    private readonly List<(Waiter Waiter, SharedEntry? Entry)> _afterSync = [];
    private readonly Deadline _pumpDue;
    private SharedEntry? _applying;
    private volatile string? _problem;

    /// <summary>Why the store took no command last, as the log has it; null if it has taken one since.</summary>
    private string? _refusal;
    private bool _isReady;
    private int _running;

    public SharedKeeper(EngineServices services, ISharedStateStore store, StoreCalls calls, Acknowledgements acknowledgements)
    {
        (_services, _clock, _store, _calls, _logger) = (services, services.Clock, store, calls, services.Logger);
        Acknowledgements = acknowledgements;
        Files = new FileRows(services, store, calls, this);
        _pumpDue = new Deadline(static state => ((SharedKeeper)state).Pump(), this);
        services.Meter.ObserveUnsaved(() => _dirty.Count);
    }

    /// <summary>Finds the client here, or what is kept of it, by the name of its row; null for nothing. One that was loaded unchanged is not told of.</summary>
    public Func<string, ISaved?> FindLocal { get; set; } = static _ => null;

    /// <summary>Makes a client here what the store, with what was decided here, says.</summary>
    public Action<SharedEntry, SharedControl?> Apply { get; set; } = static (_, _) => { };

    /// <summary>Disables a client that the store has disabled because its expiry has come.</summary>
    public Action<Client> Expire { get; set; } = static _ => { };

    /// <summary>Has the expiry of a client looked at again a while later.</summary>
    public Action<Client> RetryExpiry { get; set; } = static _ => { };

    /// <summary>Has a sync come at once.</summary>
    public Action SyncSoon { get; set; } = static () => { };

    /// <summary>Is told of what a client's change may say of its liveness.</summary>
    public Action<SharedEntry, Client> Seen { get; set; } = static (_, _) => { };

    /// <summary>Is told that another server has taken this one's place.</summary>
    public Action<ServerFencedException> Fenced { get; set; } = static _ => { };

    /// <summary>Is told what a person has decided about all that waits for a client.</summary>
    public Action<string, bool> DecidedRequests { get; set; } = static (_, _) => { };

    /// <summary>Is told of each client that may have changed, here or in the store.</summary>
    public Action<SharedEntry> Reviewed { get; set; } = static _ => { };

    /// <summary>Is told that the files may have been read.</summary>
    public Action FilesRead { get; set; } = static () => { };

    public Acknowledgements Acknowledgements { get; }

    /// <summary>Whether a sync has been applied, so that it is known what the store has.</summary>
    public bool IsReady => _isReady;

    /// <summary>What this server's files say, in the store.</summary>
    public FileRows Files { get; }

    /// <inheritdoc/>
    public bool IsSaving => _running > 0 || Files.IsSaving;

    /// <inheritdoc/>
    public string? Problem => _problem;

    /// <inheritdoc/>
    public string? Unsaved => _dirty.Count + _running == 0 ? null : $"changes of {_dirty.Count + _running} clients: {_problem}";

    /// <inheritdoc/>
    public TimeSpan Patience => CallTime + SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    /// <remarks>Each is a command of its own in the store, which takes some milliseconds: all of them are to end within <see cref="CallTime"/>.</remarks>
    public int MostTogether => 100;

    /// <inheritdoc/>
    public bool KeepsApprovals => true;

    public SharedEntry EntryOf(string name)
    {
        if (!_entries.TryGetValue(name, out SharedEntry? entry))
        {
            _entries.Add(name, entry = new SharedEntry(name));
        }

        Refresh(entry);
        return entry;
    }

    public SharedEntry? Find(string name) => _entries.ContainsKey(name) ? EntryOf(name) : null;

    /// <inheritdoc/>
    public void BeginUnsaved(string problem) => _problem = problem;

    /// <summary>Takes up what the store had when this server started, before its clients are loaded.</summary>
    public void Load(IEnumerable<StoredClient> saved)
    {
        foreach (StoredClient stored in saved)
        {
            SharedEntry entry = EntryOf(stored.Name);
            (entry.Base, entry.LoadedRevision) = (ClientControl.Of(stored, _clock), stored.Revision);
            entry.File = stored.SavedAt is null ? null : stored;
        }
    }

    /// <inheritdoc/>
    public void Changed(ISaved client)
    {
        SharedEntry entry = EntryOf(client.Name);
        entry.Local = entry == _applying ? client : entry.Local ?? client;
        if (entry == _applying)
        {
            return;
        }

        if (client is Client live)
        {
            Seen(entry, live);
        }

        Review(entry);
    }

    /// <inheritdoc/>
    public void Decided(AuditCommand command, string name)
    {
        SharedEntry entry = EntryOf(name);
        entry.Overtaken = null;
        entry.Decided |= command switch
        {
            AuditCommand.Enable or AuditCommand.Disable => ControlAspects.Enabled
                | (entry.Base?.Verdict is { Approved: true } ? ControlAspects.Verdict : ControlAspects.None), // an approval ends by it
            AuditCommand.Approve or AuditCommand.Deny => ControlAspects.Verdict,
            AuditCommand.SetSecret => ControlAspects.Secret,
            AuditCommand.Remove => ControlAspects.Removed,
            _ => ControlAspects.None,
        };
        entry.IsForgotten |= command == AuditCommand.Forget;
        Review(entry);
        Pump();
        if (command is AuditCommand.Approve or AuditCommand.Deny)
        {
            DecidedRequests(name, command == AuditCommand.Approve);
        }
    }

    /// <summary>Asks the store whether to disable a client whose expiry has come here.</summary>
    public void Due(Client client)
    {
        SharedEntry entry = EntryOf(client.Name);
        entry.IsDue = true;
        Enqueue(entry);
        Pump();
    }

    /// <inheritdoc/>
    public void Forget(string name)
    {
        if (Find(name) is { } entry)
        {
            entry.Local = null;
            entry.File = null;
            Reviewed(entry);
        }

        Files.Forget(name);
    }

    /// <inheritdoc/>
    public void Link(string from, string to)
    {
        // Rows are changed one after another here
    }

    /// <inheritdoc/>
    public Task<string?> FlushAsync(string? name = null)
    {
        if (name is null)
        {
            FilesRead();
            Files.Save();
            return FlushAllAsync([.. _entries.Values.Where(entry => _dirty.Contains(entry.Name) || entry.Command is not null)]);
        }

        SharedEntry entry = EntryOf(name);
        if (entry.Overtaken is { } overtaken)
        {
            entry.Overtaken = null;
            return Task.FromResult<string?>(overtaken);
        }

        var waiter = new Waiter(LimitReached) { Since = _clock.Now };
        _services.Deadlines.Schedule(waiter.Limit, _clock.After(CallTime));
        if (IsPending(entry))
        {
            (entry.Waiters ??= []).Add(waiter);
        }
        else
        {
            _afterSync.Add((waiter, entry)); // it may be pending though this server does not know yet
        }

        Pump();
        SyncSoon();
        return waiter.Task;
    }

    /// <inheritdoc/>
    public CommandResult Unsure(string problem) => CommandResult.NotEverywhere(problem);

    /// <summary>Ends when what is decided of a client here is in the store.</summary>
    public Task WhenSettled(Client client)
    {
        if (!client.IsUnsettled)
        {
            return Task.CompletedTask;
        }

        Pump();
        return (EntryOf(client.Name).Settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>Ends when a sync that begins from now on has been applied.</summary>
    public Task WhenSynced()
    {
        var waiter = new Waiter(static waiter => waiter.End(null)) { Since = _clock.Now };
        _services.Deadlines.Schedule(waiter.Limit, _clock.After(CallTime));
        _afterSync.Add((waiter, null));
        SyncSoon();
        return waiter.Task;
    }

    /// <inheritdoc/>
    public void Dispose() => _calls.Dispose();

    /// <summary>Takes up how a client is in the store.</summary>
    /// <param name="fresh">The client.</param>
    public void TakeUp(SharedClient fresh)
    {
        SharedEntry entry = EntryOf(fresh.Name);
        if (fresh.Revision <= entry.Revision)
        {
            return;
        }

        (SharedControl? stored, long revision) = (entry.Base, entry.Revision);
        SharedControl? before = stored;
        bool isNews = entry.Revision > 0 || fresh.Revision != entry.LoadedRevision;
        ControlAspects decided = DecidedOf(entry);
        (entry.Base, entry.Revision) = (fresh.Control, fresh.Revision);
        SharedControl? result = fresh.Control;
        if (before is null && fresh.Control is { } added && entry.Local is Client client)
        {
            // Another server has added it since this one was loaded: what a person has decided here meanwhile is what differs from the files.
            before = added with { Settings = client.ToStored().FileSettings };
            decided |= ClientControl.HasSame(client.Settings, before.Settings) ? ControlAspects.None : ControlAspects.Settings;
        }

        if (fresh.Control is { } control && entry.Local is { } local && before is not null && decided != ControlAspects.None)
        {
            SharedControl here = ClientControl.Of(local, _clock);
            if (isNews && Loosening(here, control, decided) is not ControlAspects.None and var overtaken)
            {
                decided &= ~overtaken;
                entry.Decided &= ~overtaken;
                LogOvertaken(entry.Name);
                EndWaits(entry, "another server has changed the client meanwhile, and that stands; look at it, and give the command again");
            }

            result = ClientControl.Merge(control, here, before, decided);
        }

        try
        {
            WhileApplying(entry, () => Apply(entry, result));
        }
        catch
        {
            (entry.Base, entry.Revision) = (stored, revision); // it is not applied, so the next sync brings it again
            throw;
        }

        Review(entry);
    }

    /// <summary>Drops what the store had when this server started and has not any more, once a sync has brought everything.</summary>
    public void DropUnknown()
    {
        foreach (SharedEntry entry in _entries.Values.Where(static entry => entry is { Revision: 0, Base: not null }))
        {
            entry.Base = null;
            Review(entry);
        }
    }

    /// <summary>Goes on once a sync has been applied.</summary>
    /// <param name="start">When that sync began.</param>
    public void Synced(TimeSpan start)
    {
        (_isReady, _problem) = (true, null);
        List<(Waiter, SharedEntry?)> ready = _afterSync.FindAll(pair => pair.Waiter.Since <= start);
        _afterSync.RemoveAll(pair => pair.Waiter.Since <= start);
        foreach ((Waiter waiter, SharedEntry? entry) in ready)
        {
            if (entry is null)
            {
                _services.Deadlines.Cancel(waiter.Limit);
                waiter.End(null);
            }
            else if (IsPending(entry))
            {
                (entry.Waiters ??= []).Add(waiter);
            }
            else
            {
                Acknowledgements.Add(waiter, entry.Revision, _clock.Now);
            }
        }

        _unknown.RemoveWhere(static entry => entry.UnknownSince is null);
        foreach (SharedEntry entry in _unknown.Where(entry => !entry.IsRunning && entry.UnknownSince <= start).ToArray())
        {
            LookUp(entry);
        }

        Pump();
    }

    /// <summary>Notes that a sync failed.</summary>
    public void NotSynced(string problem) => _problem = problem;

    /// <summary>Whether the store lacks something that was decided here.</summary>
    private static bool IsPending(SharedEntry entry)
        => entry.Command is not null || entry.IsForgotten || DecidedOf(entry) != ControlAspects.None || (entry.Base is null && entry.Local is not null);

    /// <summary>What was decided of a client here and is not known to be in the store.</summary>
    private static ControlAspects DecidedOf(SharedEntry entry) => entry.Decided | entry.Sent
        | (entry is { Local: { } local, Base: { } stored } ? ClientControl.Difference(local, stored) : ControlAspects.None);

    /// <summary>What of that which was decided here would allow what was forbidden elsewhere meanwhile.</summary>
    private static ControlAspects Loosening(SharedControl here, SharedControl current, ControlAspects decided)
        => decided & ((here.Enabled && !current.Enabled ? ControlAspects.Enabled : ControlAspects.None)
            | (here.Verdict is { Approved: true } && (!current.Enabled || (current.Verdict is { Approved: false } denial && denial.Left > TimeSpan.Zero))
                ? ControlAspects.Verdict : ControlAspects.None));

    private void Refresh(SharedEntry entry)
    {
        if (entry != _applying)
        {
            entry.Local = FindLocal(entry.Name) ?? (entry.Local is Client ? null : entry.Local);
        }
    }

    /// <summary>Changes a client here; what its changes set off is not taken for decided here, and nothing is sent before the end.</summary>
    public void WhileApplying(SharedEntry entry, Action change)
    {
        SharedEntry? outer = _applying;
        _applying = entry;
        try
        {
            change();
        }
        finally
        {
            _applying = outer;
        }
    }

    /// <summary>Sees what of a client is not in the store, and has it sent soon.</summary>
    private void Review(SharedEntry entry)
    {
        Refresh(entry);
        bool isPending = IsPending(entry);
        if (entry.Local is Client client)
        {
            client.IsUnsettled = isPending;
            client.IsUnheardOf = entry.Base is null && !(entry.Decided | entry.Sent).HasFlag(ControlAspects.Enabled);
        }

        Reviewed(entry);

        if (isPending || entry.IsDue)
        {
            Enqueue(entry);
            PumpSoon();
        }
        else
        {
            Files.Review(entry);
            entry.Settled?.TrySetResult();
            entry.Settled = null;
            foreach (Waiter waiter in entry.Waiters ?? [])
            {
                Acknowledgements.Add(waiter, entry.Revision, _clock.Now);
            }

            entry.Waiters = null;
        }
    }

    private static void EndWaits(SharedEntry entry, string problem)
    {
        entry.Overtaken = entry.Waiters is null ? problem : null; // the command may have yet to ask
        foreach (Waiter waiter in entry.Waiters ?? [])
        {
            waiter.End(problem);
        }

        entry.Waiters = null;
    }

    private void LimitReached(Waiter waiter)
    {
        if (waiter.Revision > 0)
        {
            Acknowledgements.End(waiter);
            return;
        }

        _afterSync.RemoveAll(pair => pair.Waiter == waiter);
        waiter.End($"the shared store has not taken it: {_problem ?? "it does not answer"}; the other servers do not know of it");
    }

    private async Task<string?> FlushAllAsync(SharedEntry[] entries)
    {
        string?[] problems = await Task.WhenAll(entries.Select(entry => FlushAsync(entry.Name))).ConfigureAwait(false);
        return problems.FirstOrDefault(static problem => problem is not null);
    }
}
