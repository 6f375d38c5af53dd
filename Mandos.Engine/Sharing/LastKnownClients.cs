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
    private string? _problem;

    public LastKnownClients(EngineServices services, StoreCalls calls, ILastKnown? file)
    {
        (_services, _calls, _file, _logger) = (services, calls, file, services.Logger);
        _saveDue = new Deadline(static state => ((LastKnownClients)state).Save(), this);
    }

    /// <summary>Reads what was kept. What cannot be read is not known.</summary>
    public IReadOnlyList<StoredClient> Read()
    {
        try
        {
            return _file?.Read() ?? [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotRead(e.Message);
            return [];
        }
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
        }
        else
        {
            StoredClient row = Of(client);
            if (_known.TryGetValue(name, out StoredClient? known) && known with { SavedAt = row.SavedAt } == row)
            {
                return;
            }

            _known[name] = row;
        }

        _isChanged = true;
        SaveWithin(SharedKeeper.GatherTime);
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
        if (!_isSaving && _saveDue.Due is null)
        {
            _services.Deadlines.Schedule(_saveDue, _services.Clock.After(time));
        }
    }

    private void Save()
    {
        (_isChanged, _isSaving) = (false, true);
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
        _isSaving = false;
        if (_isChanged)
        {
            TimeSpan rest = (_services.Clock.Now - start) * RestShare;
            SaveWithin(rest > SharedKeeper.RetryTime ? rest : SharedKeeper.RetryTime);
        }
    }
}
