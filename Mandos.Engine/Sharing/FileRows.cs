using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>Keeps in the shared store what this server's files say of each client, and adds clients that the store does not know.</summary>
/// <remarks>Used on the engine loop alone.</remarks>
internal sealed class FileRows
{
    /// <summary>Clients saved at once at most.</summary>
    private const int Batch = 1000;

    private readonly EngineServices _services;
    private readonly ISharedStateStore _store;
    private readonly StoreCalls _calls;
    private readonly SharedKeeper _keeper;
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _forgotten = new(StringComparer.Ordinal);
    private readonly Deadline _saveDue;

    public FileRows(EngineServices services, ISharedStateStore store, StoreCalls calls, SharedKeeper keeper)
    {
        (_services, _store, _calls, _keeper) = (services, store, calls, keeper);
        _saveDue = new Deadline(static state => ((FileRows)state).Save(), this);
    }

    /// <summary>Whether a save is under way.</summary>
    public bool IsSaving { get; private set; }

    /// <summary>Whether what the files say of a client differs from what the store has of them.</summary>
    public static bool IsNew(SharedEntry entry)
        => entry.Local is { } local && (entry.File is { } saved ? !IsSame(saved, local.ToStored()) : local is Client || entry.Base is null);

    /// <summary>What the files say of a client, as the store is to have it, with the client's control as it is there.</summary>
    public StoredClient RowOf(SharedEntry entry)
    {
        StoredClient row = entry.Local!.ToStored() with { SavedAt = _services.Clock.UtcNow };
        return entry.Base is not { } stored ? row : row with
        {
            Client = stored.IsRemoved ? null : (row.Client ?? New(row, stored)) with { Settings = stored.Settings, Enabled = stored.Enabled },
            EncryptedSecret = stored.EncryptedSecret,
        };
    }

    /// <summary>Has a client's row saved soon, if it needs that.</summary>
    public void Review(SharedEntry entry)
    {
        if (IsNew(entry))
        {
            _forgotten.Remove(entry.Name);
            _changed.Add(entry.Name);
            SaveWithin(SharedKeeper.GatherTime);
        }
    }

    /// <summary>Has a row forgotten, for this server alone.</summary>
    public void Forget(string name)
    {
        _changed.Remove(name);
        _forgotten.Add(name);
        SaveWithin(SharedKeeper.GatherTime);
    }

    /// <summary>Saves now.</summary>
    public void Save()
    {
        if (IsSaving || !_keeper.IsReady || _changed.Count + _forgotten.Count == 0)
        {
            return;
        }

        SharedEntry[] entries = [.. _changed.Take(Batch).Select(_keeper.EntryOf).Where(static entry => entry.Local is not null)];
        string[] forgotten = [.. _forgotten];
        _changed.ExceptWith(_changed.Take(Batch).ToArray());
        _forgotten.Clear();
        StoredClient[] rows = Array.ConvertAll(entries, RowOf);
        IsSaving = true;
        _calls.Call(
            async token => await _store.SaveAsync(rows, forgotten, token).ConfigureAwait(false), SharedKeeper.CallTime,
            () => Saved(entries, rows), error => NotSaved(entries, forgotten, error));
    }

    private void Saved(SharedEntry[] entries, StoredClient[] rows)
    {
        IsSaving = false;
        foreach ((SharedEntry entry, StoredClient row) in entries.Zip(rows))
        {
            entry.File = row;
        }

        _keeper.SyncSoon(); // brings the revisions of those that are new
        Save();
    }

    private void NotSaved(SharedEntry[] entries, string[] forgotten, Exception error)
    {
        IsSaving = false;
        _changed.UnionWith(entries.Select(static entry => entry.Name));
        _forgotten.UnionWith(forgotten.Where(name => !_changed.Contains(name)));
        if (error is ServerFencedException fenced)
        {
            _keeper.Fenced(fenced);
            return;
        }

        _keeper.NotSynced(error.Message);
        _keeper.SyncSoon(); // another server may have changed one of them meanwhile
        SaveWithin(SharedKeeper.RetryTime);
    }

    private void SaveWithin(TimeSpan time)
    {
        if (_saveDue.Due is null && _changed.Count + _forgotten.Count > 0)
        {
            _services.Deadlines.Schedule(_saveDue, _services.Clock.After(time));
        }
    }

    private static Abstractions.Clients.ClientSnapshot New(StoredClient row, SharedControl stored)
        => new() { Name = row.Name, Settings = stored.Settings, Created = stored.Created, LastEnabled = stored.LastEnabled };

    private static bool IsSame(StoredClient saved, StoredClient row)
        => saved.FileEnabled == row.FileEnabled && saved.LeftAt == row.LeftAt
            && saved.FileSettings with { Options = row.FileSettings.Options, ApproveAll = row.FileSettings.ApproveAll } == row.FileSettings;
}
