using Mandos.Abstractions.Persistence;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Persistence;

/// <summary>Sees to it that every change reaches the state store: soon, in batches, again if it fails. Used on the engine loop alone.</summary>
internal sealed partial class StateKeeper : IDisposable
{
    /// <summary>How long changes gather before they are saved; a change has to be on disk within a second.</summary>
    internal static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan _shortestRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestRetry = TimeSpan.FromSeconds(30);

    /// <summary>How long a save may take before the log says so, and says so again; far more than any store needs.</summary>
    internal static readonly TimeSpan SlowTime = TimeSpan.FromMinutes(1);

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
    private TaskCompletionSource? _nextSave;
    private Task? _saving;
    private TimeSpan _retryAfter = TimeSpan.Zero;
    private TimeSpan _saveStart;

    public StateKeeper(EngineLoop loop, EngineClock clock, DeadlineQueue deadlines, IStateStore store, ILogger logger)
    {
        (_loop, _clock, _deadlines, _store, _logger) = (loop, clock, deadlines, store, logger);
        _saveDue = new Deadline(static state => ((StateKeeper)state).Save(), this);
        _slow = new Deadline(static state => ((StateKeeper)state).WarnOfSlowSave(), this);
    }

    /// <summary>Whether a save is under way.</summary>
    public bool IsSaving => _saving is not null;

    /// <summary>Notes that a client has changed, or what is kept of one that is none now.</summary>
    public void Changed(ISaved client)
    {
        _forgotten.Remove(client.Name);
        _changed[client.Name] = client;
        SaveWithin(GatherTime);
    }

    /// <summary>Notes that the store need not know a name any more.</summary>
    public void Forget(string name)
    {
        _changed.Remove(name);
        _forgotten.Add(name);
        SaveWithin(GatherTime);
    }

    /// <summary>Saves at once.</summary>
    /// <returns>Ends when all changes so far are on disk, or could not be saved, which is logged.</returns>
    public Task FlushAsync()
    {
        if (_changed.Count + _forgotten.Count == 0)
        {
            return _saving ?? Task.CompletedTask;
        }

        _nextSave ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task saved = _nextSave.Task;
        if (_saving is null)
        {
            Save();
        }

        return saved;
    }

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

    private void Save()
    {
        _deadlines.Cancel(_saveDue);
        _saveStart = _clock.Now;
        _deadlines.Schedule(_slow, _clock.After(SlowTime));
        ISaved[] changed = [.. _changed.Values];
        string[] forgotten = [.. _forgotten];
        _changed.Clear();
        _forgotten.Clear();
        TaskCompletionSource done = _nextSave ?? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _nextSave = null;
        _saving = done.Task;
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
#pragma warning disable CA1031 // Whatever the store's fault, the server goes on and tries again
            catch (Exception e)
#pragma warning restore CA1031
            {
                error = e;
            }

            _loop.Post(() => Saved(changed, forgotten, done, error));
        }
    }

    private void Saved(ISaved[] changed, string[] forgotten, TaskCompletionSource done, Exception? error)
    {
        _saving = null;
        _deadlines.Cancel(_slow);
        if (error is null)
        {
            if (_retryAfter > TimeSpan.Zero || _clock.Now - _saveStart >= SlowTime)
            {
                LogSavedAgain();
            }

            _retryAfter = TimeSpan.Zero;
        }
        else
        {
            KeepUnsaved(changed, forgotten);
            _retryAfter = _retryAfter == TimeSpan.Zero ? _shortestRetry
                : _retryAfter * 2 < _longestRetry ? _retryAfter * 2 : _longestRetry;
            LogNotSaved(error.Message, _retryAfter.TotalSeconds);
        }

        done.SetResult();
        if (_nextSave is not null)
        {
            Save(); // somebody waits for it
        }
        else if (_changed.Count + _forgotten.Count > 0)
        {
            SaveWithin(error is null ? GatherTime : _retryAfter);
        }
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

    [LoggerMessage(1400, LogLevel.Error,
        "Cannot save the clients' state: {Reason}; serving goes on, trying again within {Seconds} s. What is not saved is lost if the server ends.")]
    private partial void LogNotSaved(string reason, double seconds);

    [LoggerMessage(1402, LogLevel.Error,
        "The state store has not ended a save for {Seconds:F0} s; serving goes on. What is not saved is lost if the server ends.")]
    private partial void LogSlow(double seconds);

    [LoggerMessage(1401, LogLevel.Warning, "The clients' state is saved again")]
    private partial void LogSavedAgain();
}
