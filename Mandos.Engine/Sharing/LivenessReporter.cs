using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>Tells the store, in batches, what this server has seen of clients, and which requests wait here. Used on the engine loop alone.</summary>
internal sealed class LivenessReporter
{
    /// <summary>Clients of which one report tells at most: others wait while the store takes it.</summary>
    internal const int MostClients = 1000;

    private readonly EngineServices _services;
    private readonly EngineClock _clock;
    private readonly ISharedStateStore _store;
    private readonly StoreCalls _calls;
    private readonly Dictionary<string, SharedEntry> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<long, SharedRequest> _opened = [];
    private readonly HashSet<long> _closed = [];
    private readonly HashSet<long> _told = [];
    private readonly Deadline _reportDue;
    private string? _filesHash;
    private bool _isReady;
    private bool _isReporting;

    public LivenessReporter(EngineServices services, ISharedStateStore store, StoreCalls calls)
    {
        (_services, _clock, _store, _calls) = (services, services.Clock, store, calls);
        _reportDue = new Deadline(static state => ((LivenessReporter)state).Report(), this);
    }

    /// <summary>Is told that another server has taken this one's place.</summary>
    public Action<ServerFencedException> Fenced { get; set; } = static _ => { };

    private bool HasNews => _pending.Count + _opened.Count + _closed.Count > 0 || _filesHash is not null;

    /// <summary>Begins to tell the store, once it can be told: before that all that is seen gathers.</summary>
    public void Begin()
    {
        if (!_isReady)
        {
            _isReady = true;
            ReportIfAny();
        }
    }

    /// <summary>Looks at what a client's change says of its liveness.</summary>
    public void Note(SharedEntry entry, Client client)
    {
        ClientSnapshot state = client.Snapshot;
        bool isChecked = entry.KnownChecks != (state.LastCheckedOk, state.LastCheckerStatus);
        bool isLonger = state.Enabled && client.ExpiryDue > entry.KnownDue;
        if (!isChecked && !isLonger)
        {
            return;
        }

        TimeSpan? until = isLonger ? client.ExpiryDue : entry.Report?.GoodUntil;
        int? status = isChecked && state.LastCheckerStatus != ClientSnapshot.NotCheckedYet ? state.LastCheckerStatus : entry.Report?.Status;
        entry.Report = new SharedEntry.PendingReport(_clock.Now, status, until);
        (entry.KnownChecks, entry.KnownDue) = ((state.LastCheckedOk, state.LastCheckerStatus), client.ExpiryDue);
        _pending[entry.Name] = entry;
        ReportWithin(SharedKeeper.GatherTime);
    }

    /// <summary>Has the store told of a hash of this server's files.</summary>
    public void NoteFiles(string hash)
    {
        _filesHash = hash;
        ReportWithin(SharedKeeper.GatherTime);
    }

    /// <summary>Takes up which requests wait for a person here.</summary>
    public void NoteRequests(IReadOnlyCollection<OpenRequest> waiting)
    {
        if (waiting.Count + _told.Count == 0)
        {
            return;
        }

        HashSet<long> waits = [];
        foreach (OpenRequest request in waiting)
        {
            long id = request.Description.Id;
            waits.Add(id);
            if (_told.Add(id))
            {
                _opened[id] = new SharedRequest(Guid.Empty, request.Client.Name, request.Description);
                ReportWithin(SharedKeeper.GatherTime);
            }
        }

        foreach (long id in _told.Where(id => !waits.Contains(id)).ToArray())
        {
            _told.Remove(id);
            if (!_opened.Remove(id))
            {
                _closed.Add(id);
                ReportWithin(SharedKeeper.GatherTime);
            }
        }
    }

    /// <summary>Has nothing reported of what was noted so far: it is what a start gave the clients, and nobody saw them.</summary>
    public void Forget(IEnumerable<(SharedEntry Entry, Client Client)> clients)
    {
        foreach ((SharedEntry entry, Client client) in clients)
        {
            (entry.Report, entry.KnownDue) = (null, client.ExpiryDue);
            entry.KnownChecks = (client.Snapshot.LastCheckedOk, client.Snapshot.LastCheckerStatus);
        }

        _pending.Clear();
    }

    private void ReportWithin(TimeSpan time)
    {
        if (_reportDue.Due is null && !_isReporting)
        {
            _services.Deadlines.Schedule(_reportDue, _clock.After(time));
        }
    }

    /// <summary>Reports what has gathered.</summary>
    public void Report()
    {
        if (_isReporting || !_isReady || !HasNews)
        {
            return;
        }

        SharedEntry[] entries = [.. _pending.Values.Take(MostClients)];
        SharedRequest[] opened = [.. _opened.Values];
        long[] closed = [.. _closed];
        string? hash = _filesHash;
        TimeSpan now = _clock.Now;
        foreach (SharedEntry entry in entries)
        {
            (entry.BeingReported, entry.Report) = (entry.Report, null);
            _pending.Remove(entry.Name);
        }

        var report = new ServerReport
        {
            Checks = [.. entries.Select(entry => Of(entry, now))],
            Opened = opened,
            Closed = closed,
            FilesHash = hash,
        };
        _opened.Clear();
        _closed.Clear();
        (_filesHash, _isReporting) = (null, true);
        _calls.Call(token => _store.ReportAsync(report, token), SharedKeeper.CallTime, Reported, NotReported);

        void Reported()
        {
            _isReporting = false;
            foreach (SharedEntry entry in entries)
            {
                entry.BeingReported = null;
            }

            ReportIfAny();
        }

        void NotReported(Exception error)
        {
            _isReporting = false;
            foreach (SharedEntry entry in entries)
            {
                SharedEntry.PendingReport earlier = entry.BeingReported!;
                entry.Report = entry.Report is { } later ? later with { GoodUntil = SharedEntry.Later(later.GoodUntil, earlier.GoodUntil) } : earlier;
                entry.BeingReported = null;
                _pending[entry.Name] = entry;
            }

            foreach (SharedRequest request in opened.Where(request => _told.Contains(request.Request.Id)))
            {
                _opened.TryAdd(request.Request.Id, request);
            }

            _closed.UnionWith(closed.Concat(opened.Select(static request => request.Request.Id).Where(id => !_told.Contains(id))));
            _filesHash ??= hash;
            if (error is ServerFencedException fenced)
            {
                Fenced(fenced);
            }
            else
            {
                ReportWithin(SharedKeeper.RetryTime);
            }
        }
    }

    private void ReportIfAny()
    {
        if (HasNews)
        {
            ReportWithin(_pending.Count < MostClients ? SharedKeeper.GatherTime : TimeSpan.Zero);
        }
    }

    private static CheckReport Of(SharedEntry entry, TimeSpan now)
    {
        SharedEntry.PendingReport seen = entry.BeingReported!;
        return new CheckReport
        {
            Client = entry.Name,
            Age = now - seen.At,
            Status = seen.Status,
            GoodFor = seen.GoodUntil - seen.At,
        };
    }
}
