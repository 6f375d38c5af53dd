using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Has kept on this machine what is known of the clients that are served, or may be, while the server is cut off: only those that are enabled, as nobody
/// else gets anything then. Used on the engine loop alone.
/// </summary>
internal sealed partial class LastKnownClients
{
    /// <summary>A save may take a twentieth of the time at most.</summary>
    private const int RestShare = 20;

    private readonly EngineServices _services;
    private readonly StoreCalls _calls;
    private readonly ILastKnown? _file;
    private readonly ILogger _logger;
    private readonly Dictionary<string, StoredClient> _known = new(StringComparer.Ordinal);
    private readonly Deadline _saveDue;
    private bool _isChanged;
    private bool _isSaving;
    private volatile bool _isStricter;
    private volatile bool _isSavingStricter;
    private string? _problem;

    public LastKnownClients(EngineServices services, StoreCalls calls, ILastKnown? file)
    {
        (_services, _calls, _file, _logger) = (services, calls, file, services.Logger);
        _saveDue = new Deadline(static state => ((LastKnownClients)state).Save(), this);
    }

    /// <summary>Is told when <see cref="IsBehind"/> has ended.</summary>
    public Action CaughtUp { get; set; } = static () => { };

    /// <summary>
    /// Whether something may be kept that does not hold any more: a start without the store would give a client what it must not have. Only while it can be
    /// written: a disk that is full does not hold up the other servers. Thread-safe.
    /// </summary>
    public bool IsBehind => _isStricter || _isSavingStricter;

    /// <summary>Reads what was kept. What cannot be read is not known.</summary>
    public IReadOnlyList<StoredClient> Read()
    {
        try
        {
            IReadOnlyList<StoredClient> read = _file?.Read() ?? [];
            foreach (StoredClient stored in read)
            {
                _known[stored.Name] = stored; // one that does not run, for a mistake in its files perhaps, stays known until the store answers
            }

            return read;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotRead(e.Message);
            return [];
        }
    }

    /// <summary>Has what was kept replaced: it may be older than what the store has told.</summary>
    /// <param name="runs">Whether there is a client of a name.</param>
    public void Begin(Predicate<string> runs)
    {
        if (_file is null)
        {
            return;
        }

        foreach (string name in _known.Keys.Where(name => !runs(name)).ToArray())
        {
            _known.Remove(name);
        }

        Changed(isStricter: true);
    }

    /// <summary>Takes up how a client is now.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="client">The client; null if there is none.</param>
    public void Note(string name, Client? client)
    {
        if (_file is null)
        {
            return;
        }

        if (client is null || !client.Snapshot.Enabled || client.IsRemoved || client.HasUnreadableSecret || !SharedGate.MayServeCutOff(client))
        {
            if (!_known.Remove(name))
            {
                return;
            }

            Changed(isStricter: true);
        }
        else
        {
            StoredClient row = Of(client);
            if (_known.TryGetValue(name, out StoredClient? known) && known with { SavedAt = row.SavedAt } == row)
            {
                return;
            }

            _known[name] = row;
            Changed(isStricter: known is not null);
        }
    }

    private void Changed(bool isStricter)
    {
        _isChanged = true;
        _isStricter |= isStricter;
        SaveWithin(isStricter ? TimeSpan.Zero : SharedKeeper.GatherTime);
    }

    private StoredClient Of(Client client)
    {
        StoredClient stored = client.ToStored();
        ClientSnapshot state = stored.Client!;
        return stored with
        {
            SavedAt = _services.Clock.UtcNow,
            FileSettings = WithoutOptions(stored.FileSettings),
            Client = new ClientSnapshot
            {
                Name = state.Name,
                Origin = state.Origin,
                Settings = WithoutOptions(state.Settings),
                Created = state.Created,
                Enabled = true,
                LastEnabled = state.LastEnabled,
            },
        };
    }

    /// <summary>Each server has these from its own files.</summary>
    private static ClientSettings WithoutOptions(ClientSettings settings) => settings with { Options = new ClientSettings().Options, ApproveAll = false };

    private void SaveWithin(TimeSpan time)
    {
        TimeSpan due = _services.Clock.After(time);
        if (!_isSaving && !(_saveDue.Due <= due))
        {
            _services.Deadlines.Schedule(_saveDue, due);
        }
    }

    private void Save()
    {
        (_isChanged, _isSaving) = (false, true);
        (_isSavingStricter, _isStricter) = (_isStricter, false);
        StoredClient[] clients = [.. _known.Values];
        TimeSpan start = _services.Clock.Now;
        _calls.Call(
            _ =>
            {
                _file!.Write(clients);
                return Task.CompletedTask;
            },
            Timeout.InfiniteTimeSpan,
            () =>
            {
                _problem = null;
                Saved(start);
            },
            error =>
            {
                _isChanged = true;
                if (_problem != error.Message)
                {
                    LogNotWritten(error.Message);
                }

                _problem = error.Message;
                Saved(start);
            });
    }

    private void Saved(TimeSpan start)
    {
        bool wasBehind = _isSavingStricter;
        (_isSaving, _isSavingStricter) = (false, false);
        if (wasBehind && !IsBehind)
        {
            CaughtUp();
        }

        if (_isStricter)
        {
            SaveWithin(TimeSpan.Zero);
        }
        else if (_isChanged)
        {
            TimeSpan rest = (_services.Clock.Now - start) * RestShare;
            SaveWithin(rest > SharedKeeper.RetryTime ? rest : SharedKeeper.RetryTime);
        }
    }
}
