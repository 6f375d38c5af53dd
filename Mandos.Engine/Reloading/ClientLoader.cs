using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Reloading;

/// <summary>Brings a configuration together with what is kept: at the start and, client by client, at a reload. Used on the engine loop alone.</summary>
internal sealed partial class ClientLoader
{
    /// <summary>Clients that have left the configuration at once and are named in the log; more are counted.</summary>
    private const int MostNamed = 20;

    private readonly EngineServices _services;
    private readonly ClientRegistry _clients;
    private readonly IStateKeeper _keeper;
    private readonly KeptClients _kept;
    private readonly ClientTransitions _transitions;
    private readonly RequestTransitions _requests;
    private readonly AddedSecrets _added;
    private readonly Action<object> _startCheck;
    private readonly Action<object> _expire;
    private readonly ILogger _logger;

    /// <summary>Rows that apply to the files as they are being read, so their clients have not left them.</summary>
    private readonly HashSet<KeptRow> _present = [];

    /// <summary>Clients in the store although restore is off: forgotten once the configuration has clients, because until then it may be misspelt.</summary>
    private readonly List<string> _unwanted = [];

    private bool _restores;
    private bool _isLoaded;

    /// <summary>What the log said last of added clients that are not served.</summary>
    private (int Count, string? Reason) _unserved;

    public ClientLoader(
        EngineServices services, ClientRegistry clients, IStateKeeper keeper, KeptClients kept, ClientTransitions transitions,
        RequestTransitions requests, AddedSecrets added, CheckRunner checks)
    {
        (_services, _clients, _keeper, _kept, _logger) = (services, clients, keeper, kept, services.Logger);
        (_transitions, _requests, _added) = (transitions, requests, added);
        _startCheck = client => checks.StartDue((Client)client);
        _expire = client => transitions.Expire((Client)client);
    }

    /// <summary>Loads the clients at the start.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="saved">What the state store has.</param>
    /// <param name="restores">Whether that applies; if not, it is forgotten, but for the definitions of clients that commands added.</param>
    /// <param name="keyFault">Why the secrets of these cannot be read; null if they can.</param>
    public void Load(ClientConfiguration configuration, IReadOnlyList<StoredClient> saved, bool restores, string? keyFault)
    {
        IReadOnlyCollection<ClientDefinition> definitions = configuration.Clients;
        HashSet<string> names = definitions.Select(static definition => definition.Name).ToHashSet(StringComparer.Ordinal);
        HashSet<string> keys = restores ? [] : [.. definitions.SelectMany(ClientRegistry.Keys)];
        foreach (StoredClient stored in saved)
        {
            if (restores || (stored.Client is { Origin: ClientOrigin.Command } && !IsDefined(stored)))
            {
                _kept.Load(stored);
            }
            else
            {
                _unwanted.Add(stored.Name);
            }
        }

        HashSet<string> retired = restores && definitions.Any(static definition => definition.IsNextFaulty) ? RetiredKeys(saved) : [];
        _clients.EnsureCapacity(definitions.Count);
        foreach (ClientDefinition definition in definitions)
        {
            if (definition is { IsNextFaulty: true, MainKey: { } key } && retired.Contains(key))
            {
                LogRetiredAlone(definition.Name, key);
                definition.DisposeSecrets();
            }
            else
            {
                TryLoad(Resolve(definition), MayHave);
            }
        }

        _restores = restores;
        LoadAdded(keyFault);
        _isLoaded = true;
        NoteLeft(configuration, MayHave);
        ForgetOld(saved, configuration);

        bool MayHave(string name) => names.Contains(name) || configuration.MayHave(name);

        bool IsDefined(StoredClient stored)
            => names.Contains(stored.Name) || ClientRegistry.Keys(stored.FileSettings).Any(keys.Contains);
    }

    /// <summary>Whether clients that commands added are kept and not served.</summary>
    public bool HasUnserved => _kept.Added().Count > 0;

    /// <summary>Loads the clients that commands added, but for those whose secrets cannot be read: these are kept, and not served.</summary>
    /// <param name="keyFault">Why the secrets cannot be read; null if the key was read.</param>
    public void LoadAdded(string? keyFault)
    {
        List<string> unserved = [];
        List<string> served = [];
        foreach (KeptRow row in _kept.Added())
        {
            if (IsTaken(row.Name, row.Stored.FileSettings) || _added.TryDecrypt(row.Stored) is not { } secret)
            {
                unserved.Add(row.Name);
                continue;
            }

            LoadAdded(row, secret);
            served.Add(row.Name);
        }

        string reason = keyFault ?? "the server key is not the one that their secrets were encrypted under; restore it from a backup";
        if (unserved.Count > 0 && (unserved.Count, reason) != _unserved)
        {
            _unserved = (unserved.Count, reason);
            LogAddedUnserved(unserved.Count, List(unserved), reason);
        }

        if (_isLoaded && served.Count > 0)
        {
            LogAddedServed(served.Count, List(served));
        }

        static string List(List<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal).Take(MostNamed));
    }

    private void LoadAdded(KeptRow row, Secret secret)
    {
        _kept.Take(row);
        var definition = new ClientDefinition
        {
            Name = row.Name,
            Origin = ClientOrigin.Command,
            Settings = row.Stored.FileSettings,
            Enabled = row.Stored.FileEnabled,
            Secret = secret,
        };
        RestoredClient restored = ClientRestorer.Restore(definition, _restores ? row.Stored : null, _services.Clock.UtcNow);
        var client = new Client(definition, restored.State, _startCheck, _expire) { EncryptedSecret = row.Stored.EncryptedSecret };
        Enter(client, restored, row.Stored, _restores ? [row] : []);
        if (_isLoaded)
        {
            _transitions.Announce(client);
        }
    }

    /// <summary>Adds a client for a command.</summary>
    /// <param name="definition">The client.</param>
    /// <param name="encryptedSecret">Its secret as the state store is to keep it.</param>
    /// <exception cref="ClientExistsException">Another one has its name or a key of it, or something is kept under these.</exception>
    public void Add(ClientDefinition definition, byte[] encryptedSecret)
    {
        if (_clients.TryGet(definition.Name, out _))
        {
            throw new ClientExistsException($"there is a client “{definition.Name}” already");
        }

        if (ClientRegistry.Keys(definition.Settings).FirstOrDefault(key => _clients.FindByKey(key) is not null) is { } taken)
        {
            throw new ClientExistsException($"client “{_clients.FindByKey(taken)!.Name}” has the key {taken} already");
        }

        if (_kept.Find(definition).Concat(FindByOtherKeys(definition, null)).FirstOrDefault() is { } kept)
        {
            throw new ClientExistsException($"a client “{kept.ClientName}” had this name or key, and what was decided about it is kept; forget it first");
        }

        _unwanted.Remove(definition.Name);
        RestoredClient state = ClientRestorer.Restore(definition, null, _services.Clock.UtcNow);
        var client = new Client(definition, state.State, _startCheck, _expire) { EncryptedSecret = encryptedSecret };
        Enter(client, state, null, []);
        LogAdded(definition.Name);
        _transitions.Announce(client);
    }

    private bool IsTaken(string name, ClientSettings settings)
        => _clients.TryGet(name, out _) || ClientRegistry.Keys(settings).Any(key => _clients.FindByKey(key) is not null);

    /// <summary>Sees to those that the configuration does not have any more.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="isNamed">Whether it has, or may have, a client of a name.</param>
    public void NoteLeft(ClientConfiguration configuration, Func<string, bool> isNamed)
    {
        IReadOnlyList<KeptRow> left = _kept.NoteLeft(row => _present.Contains(row) || configuration.MayHave(row.ClientName)
            || (row.IsRemoved && isNamed(row.ClientName)));
        _present.Clear();
        if (!configuration.IsEmpty)
        {
            foreach (KeptRow row in left.Take(MostNamed))
            {
                KeptClient client = row.ToKeptClient();
                LogLeft(client.Name, client.State switch
                {
                    KeptState.Removed => "removed",
                    KeptState.Disabled => "disabled",
                    _ => "enabled",
                });
            }

            if (left.Count > MostNamed)
            {
                LogMoreLeft(left.Count - MostNamed);
            }

            foreach (string name in _unwanted.Where(name => !isNamed(name) && !_kept.Has(name)))
            {
                _keeper.Forget(name);
            }

            _unwanted.RemoveAll(name => !configuration.MayHave(name));
        }

        WarnIfEmpty(configuration.IsEmpty);
    }

    /// <summary>Forgets who left long ago, unless by the clock the server has not run for as long: then it may be wrong, and once is enough.</summary>
    private void ForgetOld(IReadOnlyList<StoredClient> saved, ClientConfiguration configuration)
    {
        if (saved.Max(static client => client.SavedAt) >= EngineClock.Add(_services.Clock.UtcNow, -KeptClients.KeepTime)
            && _kept.ForgetOld(row => configuration.MayHave(row.ClientName)) is > 0 and int count)
        {
            LogForgotOld(count, KeptClients.KeepTime.TotalDays);
        }
    }

    /// <summary>Says if there are no clients.</summary>
    /// <param name="isConfigurationEmpty">Whether the configuration has none.</param>
    private void WarnIfEmpty(bool isConfigurationEmpty)
    {
        int kept = _kept.Count + _unwanted.Count;
        if (isConfigurationEmpty && kept > 0)
        {
            LogNothingForgotten(kept);
        }

        if (_clients.Count == 0)
        {
            LogNoClients();
        }
    }

    /// <summary>Adds a client of the configuration. A row that is kept under its name, or under one of its keys, applies to it.</summary>
    /// <param name="definition">The client.</param>
    /// <param name="isNamed">Whether the configuration has a client of a name.</param>
    /// <returns>Null if a person has removed it, so that it stays away.</returns>
    public Client? TryLoad(ClientDefinition definition, Func<string, bool> isNamed)
    {
        IReadOnlyList<KeptRow> found = _kept.Find(definition);
        KeptRow? own = FindOwn(found, definition, isNamed);
        if (own is { IsRemoved: true })
        {
            LogStaysRemoved(definition.Name, own.ClientName);
            definition.DisposeSecrets();
            _kept.SetLeft(own, null);
            _present.Add(own);
            return null;
        }

        foreach (KeptRow row in found)
        {
            if (row.IsAdded)
            {
                LogFilesWin(row.Name, definition.Name);
            }
        }

        StoredClient? stored = own is null ? null : KeptRow.WithoutDefinition(own.Stored);
        RestoredClient restored = ClientRestorer.Restore(definition, stored, _services.Clock.UtcNow);
        bool isBarred = restored.State.Enabled && Bars([.. found, .. FindByOtherKeys(definition, own?.Stored.FileSettings)], definition, except: own);
        if (isBarred)
        {
            restored = new RestoredClient(restored.State with { Enabled = false, Expires = null, ExpectedReboot = null, RehearsalUntil = null }, TimeSpan.Zero, null);
        }

        if (stored?.LeftAt is { } left)
        {
            LogBack(restored.State.Enabled ? LogLevel.Information : LogLevel.Warning, definition.Name, own!.ClientName, left,
                restored.State.Enabled ? "enabled" : "disabled");
        }
        else if (own is not null && own.Name != definition.Name)
        {
            LogRenamed(definition.Name, own.ClientName);
        }

        var client = new Client(definition, restored.State, _startCheck, _expire);
        if (stored is { EncryptedSecret.IsEmpty: false })
        {
            _transitions.RestoreSecret(client, stored, own!.ClientName);
        }

        Enter(client, restored, own?.Stored, found);
        foreach (KeptRow row in found)
        {
            _kept.GoOver(row, definition, isNamed);
        }

        return client;
    }

    /// <summary>Whether a person has removed a client of the configuration, so that it stays away and takes no key from anybody.</summary>
    /// <param name="definition">The client.</param>
    /// <param name="isNamed">Whether the configuration has a client of a name.</param>
    public bool StaysRemoved(ClientDefinition definition, Func<string, bool> isNamed)
        => FindOwn(_kept.Find(definition), definition, isNamed) is { IsRemoved: true };

    private static KeptRow? FindOwn(IReadOnlyList<KeptRow> found, ClientDefinition definition, Func<string, bool> isNamed)
        => found.Count == 0 ? null : FindOwnAmong(found, definition, isNamed);

    private static KeptRow? FindOwnAmong(IReadOnlyList<KeptRow> found, ClientDefinition definition, Func<string, bool> isNamed)
        => found.FirstOrDefault(row => row.Name == definition.Name)
            ?? found.FirstOrDefault(static row => row.IsRemoved)
            ?? found.FirstOrDefault(row => row.IsFormer || !isNamed(row.Name));

    /// <summary>Has a client run.</summary>
    /// <param name="client">The client.</param>
    /// <param name="restored">Its state.</param>
    /// <param name="saved">Its row in the store; null if there is none yet.</param>
    /// <param name="found">What applies to it.</param>
    private void Enter(Client client, RestoredClient restored, StoredClient? saved, IReadOnlyList<KeptRow> found)
    {
        _transitions.RestoreProof(client, saved);
        _transitions.Add(client, restored);
        if (restored.ExpiredBecause is { } reason)
        {
            LogExpiredMeanwhile(client.Name, reason);
        }

        RestoreDenial(client, found);
        if (saved is null || client.ToStored() with { SavedAt = saved.SavedAt } != saved)
        {
            _keeper.Changed(client);
        }
    }

    /// <summary>Whether a decision about one of a client's keys keeps it disabled; the log says so.</summary>
    public bool Bars(IReadOnlyList<KeptRow> rows, ClientDefinition definition, KeptRow? except)
    {
        if (rows.FirstOrDefault(row => row != except && !ClientRestorer.IsEnabled(definition, row.Stored)) is not { } barring)
        {
            return false;
        }

        LogBarred(definition.Name, barring.ClientName);
        return true;
    }

    /// <summary>Has a denial hold on that was in force when a client left, or when the server ended.</summary>
    private void RestoreDenial(Client client, IReadOnlyList<KeptRow> found)
    {
        TimeSpan left = TimeSpan.Zero;
        foreach (KeptRow row in found)
        {
            TimeSpan denial = ClientRestorer.DenialLeft(row.Stored, client.Settings.ApprovalDuration, _services.Clock.UtcNow);
            left = denial > left ? denial : left;
        }

        if (left > TimeSpan.Zero)
        {
            _requests.RestoreDenial(client, left);
        }
    }
}
