using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Plugins;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Persistence;

/// <summary>Sees to it that every change reaches the state store: soon, in batches, again if it fails. Used on the engine loop alone.</summary>
internal sealed partial class StateKeeper : IStateKeeper
{
    /// <summary>How long changes gather before they are saved; a change has to be on disk within a second.</summary>
    internal static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(200);

    private static readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    /// <summary>How long a save may take before the log says so, and says so again; far more than any store needs.</summary>
    internal static readonly TimeSpan SlowTime = TimeSpan.FromMinutes(1);

    /// <summary>From this number in one save on, the table of changes is worth making small again.</summary>
    private const int ManyChanges = 1000;

    private readonly EngineLoop _loop;
    private readonly EngineClock _clock;
    private readonly DeadlineQueue _deadlines;
    private readonly IStateStore _store;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Deadline _saveDue;
    private readonly Deadline _slow;
    private readonly Dictionary<string, ISaved> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);

    /// <summary>Rows between which keys have gone over: one of them without another could lose what was decided about a key.</summary>
    private HashSet<string> _linked = new(StringComparer.Ordinal);

    /// <summary>The clients whose changes somebody waits for.</summary>
    private HashSet<string> _awaited = new(StringComparer.Ordinal);

    /// <summary>Whether somebody waits for all changes.</summary>
    private bool _isAllAwaited;

    /// <summary>The clients whose changes somebody waits for in the save that is under way.</summary>
    private HashSet<string> _savedFor = [];

    /// <summary>Whether somebody waits for all changes in it.</summary>
    private bool _isSavedForAll;
    private TaskCompletionSource<string?>? _nextSave;
    private Task<string?>? _saving;
    private volatile string? _problem;

    /// <summary>The clients in the save that is under way.</summary>
    private volatile HashSet<string> _batch = [];
    private TimeSpan _retryAfter = TimeSpan.Zero;
    private TimeSpan _saveStart;

    public StateKeeper(EngineServices services, IStateStore store)
    {
        (_loop, _clock, _deadlines, _store, _logger) = (services.Loop, services.Clock, services.Deadlines, store, services.Logger);
        _saveDue = new Deadline(static state => ((StateKeeper)state).SaveDue(), this);
        _slow = new Deadline(static state => ((StateKeeper)state).WarnOfSlowSave(), this);
        services.Meter.ObserveUnsaved(() => UnsavedCount);
    }

    /// <summary>Whether a save is under way.</summary>
    public bool IsSaving => _saving is not null;

    /// <summary>Why changes are not on disk, in a line; null if they are, or will be within a second. For any thread.</summary>
    public string? Problem => _problem;

    /// <summary>How many clients have changes that are not on disk. For any thread, for which it may be a moment late.</summary>
    public int UnsavedCount => _changed.Count + _forgotten.Count + _batch.Count;

    /// <summary>What would be lost if the process ended now; null if nothing would.</summary>
    public string? Unsaved => _saving is not null ? "the last save has not ended"
        : (_changed.Count + _forgotten.Count) switch
        {
            0 => null,
            1 => $"changes of 1 client: {_problem}",
            int count => $"changes of {count} clients: {_problem}",
        };

    /// <inheritdoc/>
    public bool KeepsApprovals => false;

    /// <inheritdoc/>
    public TimeSpan Patience => EngineServices.Patience;

    /// <inheritdoc/>
    public int MostTogether => int.MaxValue;

    /// <summary>Begins with a store that gave its state, but cannot save.</summary>
    /// <param name="problem">Why it cannot.</param>
    public void BeginUnsaved(string problem)
    {
        LogBeganUnsaved(problem);
        _problem = problem;
        _retryAfter = _backoff.Shortest;
        SaveWithin(_retryAfter);
    }

    /// <summary>Notes that a client has changed, or what is kept of one that is none now.</summary>
    public void Changed(ISaved client)
    {
        _forgotten.Remove(client.Name);
        _changed[client.Name] = client;
        SaveWithin(GatherTime);
    }

    /// <inheritdoc/>
    /// <remarks>What is not a change needs no saving.</remarks>
    public void Decided(AuditCommand command, string name)
    {
    }

    /// <summary>Notes that the store need not know a name any more.</summary>
    public void Forget(string name)
    {
        _changed.Remove(name);
        _forgotten.Add(name);
        SaveWithin(GatherTime);
    }

    /// <summary>Notes that keys have gone over from one row to another, so that their changes are saved together.</summary>
    public void Link(string from, string to)
    {
        _linked.Add(from);
        _linked.Add(to);
    }

    /// <summary>Saves at once.</summary>
    /// <param name="name">Whose changes are waited for; null for those of all clients.</param>
    /// <returns>Null when these changes are on disk; else why they are not, which is also logged.</returns>
    public Task<string?> FlushAsync(string? name = null)
    {
        if (name is null ? _changed.Count + _forgotten.Count == 0 : !IsUnsaved(name))
        {
            if (_saving is null || (name is not null && !_batch.Contains(name)))
            {
                return Task.FromResult<string?>(null); // it is on disk, whatever becomes of others
            }

            if (name is null)
            {
                _isSavedForAll = true;
            }
            else
            {
                _savedFor.Add(name); // or it would be told done when the others are saved alone
            }

            return _saving;
        }

        _nextSave ??= NewSave();
        Task<string?> saved = _nextSave.Task;
        if (name is null)
        {
            _isAllAwaited = true;
        }
        else
        {
            _awaited.Add(name);
        }

        if (_saving is null)
        {
            Save();
        }

        return saved;
    }

    /// <inheritdoc/>
    public CommandResult Unsure(string problem) => CommandResult.NotSaved(problem);

    /// <summary>Gives up a save that still runs.</summary>
    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _stop.Dispose();
        }
    }

    private void SaveWithin(TimeSpan time)
    {
        if (_saving is null && _saveDue.Due is null)
        {
            _deadlines.Schedule(_saveDue, _clock.After(time));
        }
    }

    private void SaveDue()
    {
        if (_saving is null)
        {
            Save();
        }
        else
        {
            _ = FlushAsync(); // after what somebody waits for
        }
    }

    private bool IsUnsaved(string name) => _changed.ContainsKey(name) || _forgotten.Contains(name);

    private static TaskCompletionSource<string?> NewSave() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Save()
    {
        _saveStart = _clock.Now;
        _deadlines.Schedule(_slow, _clock.After(SlowTime));

        // When not all can be saved, as on a full disk, the changes that somebody waits for have a better chance alone.
        HashSet<string> awaited = _isAllAwaited ? [] : _awaited;
        (_savedFor, _isSavedForAll) = (awaited, _isAllAwaited);
        _awaited = new(StringComparer.Ordinal);
        _isAllAwaited = false;
        bool isPart = _retryAfter > TimeSpan.Zero && awaited.Count > 0;
        if (!isPart)
        {
            _deadlines.Cancel(_saveDue); // a part does not put off the rest
        }

        HashSet<string> linked = [];
        if (!isPart || awaited.Overlaps(_linked))
        {
            (linked, _linked) = (_linked, new(StringComparer.Ordinal));
        }

        ISaved[] changed = isPart ? [.. awaited.Union(linked).Where(_changed.ContainsKey).Select(name => _changed[name])] : [.. _changed.Values];
        string[] forgotten = isPart ? [.. awaited.Union(linked).Where(_forgotten.Contains)] : [.. _forgotten];
        foreach (ISaved client in changed)
        {
            _changed.Remove(client.Name);
        }

        if (changed.Length >= ManyChanges)
        {
            _changed.TrimExcess(); // all clients at once change at a start, and hardly ever again
        }

        _forgotten.ExceptWith(forgotten);
        TaskCompletionSource<string?> done = _nextSave ?? NewSave();
        _nextSave = null;
        _saving = done.Task;
        _batch = new([.. changed.Select(static client => client.Name), .. forgotten], StringComparer.Ordinal);
        DateTimeOffset now = _clock.UtcNow;
        StoredClient[] batch = Array.ConvertAll(changed, client => client.ToStored() with { SavedAt = now });
        _ = SaveAsync();

        async Task SaveAsync()
        {
            Exception? error = null;
            try
            {
                await Task.Run(async () => await _store.SaveAsync(batch, forgotten, _stop.Token).ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // Whatever the store's fault, the server goes on and tries again
                error = e;
            }

            _loop.Post(() => Saved(changed, forgotten, linked, isPart ? null : awaited, done, error));
        }
    }

    /// <param name="changed">The clients of the save.</param>
    /// <param name="forgotten">The names of the save.</param>
    /// <param name="linked">Those of <see cref="_linked"/> among both.</param>
    /// <param name="awaited">Whose changes were waited for; null if the save was of these alone.</param>
    /// <param name="done">Tells the waiting callers.</param>
    /// <param name="error">Why it failed.</param>
    private void Saved(
        ISaved[] changed, string[] forgotten, HashSet<string> linked, HashSet<string>? awaited, TaskCompletionSource<string?> done,
        Exception? error)
    {
        _saving = null;
        _batch = [];
        _deadlines.Cancel(_slow);
        if (error is not null)
        {
            KeepUnsaved(changed, forgotten);
            _linked.UnionWith(linked);
            _retryAfter = _backoff.After(_retryAfter);
            _problem = error.Message;
            LogNotSaved(error.Message, _retryAfter.TotalSeconds);
            if (!_isSavedForAll && awaited?.Count > 0 && awaited.Count < changed.Length + forgotten.Length)
            {
                SaveAwaited(awaited, done);
                return;
            }
        }
        else if (awaited is not null || _changed.Count + _forgotten.Count == 0)
        {
            if (_retryAfter > TimeSpan.Zero || _clock.Now - _saveStart >= SlowTime)
            {
                LogSavedAgain();
            }

            _retryAfter = TimeSpan.Zero;
            _problem = null;
        }

        done.SetResult(error?.Message);
        if (_nextSave is not null)
        {
            Save(); // somebody waits for it
        }
        else if (error is not null || _changed.Count + _forgotten.Count > 0)
        {
            SaveWithin(_retryAfter > TimeSpan.Zero ? _retryAfter : GatherTime);
        }
    }

    /// <summary>After a save of everything has failed, saves what somebody waits for.</summary>
    private void SaveAwaited(HashSet<string> awaited, TaskCompletionSource<string?> done)
    {
        _awaited.UnionWith(awaited);
        if (_nextSave is null)
        {
            _nextSave = done;
        }
        else
        {
            _ = ForwardAsync(_nextSave.Task);
        }

        Save();

        async Task ForwardAsync(Task<string?> next) => done.SetResult(await next.ConfigureAwait(false));
    }

    private void WarnOfSlowSave()
    {
        LogSlow((_clock.Now - _saveStart).TotalSeconds);
        _deadlines.Schedule(_slow, _clock.After(SlowTime));
    }

    /// <summary>Takes up what a failed save did not save, but for names that have changed again since.</summary>
    private void KeepUnsaved(ISaved[] changed, string[] forgotten)
    {
        foreach (ISaved client in changed)
        {
            if (!_forgotten.Contains(client.Name))
            {
                _changed.TryAdd(client.Name, client);
            }
        }

        foreach (string name in forgotten)
        {
            if (!_changed.ContainsKey(name))
            {
                _forgotten.Add(name);
            }
        }
    }
}
