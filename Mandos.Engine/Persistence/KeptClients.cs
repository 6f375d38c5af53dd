using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Persistence;

/// <summary>Former clients, by name and by key. Used on the engine loop alone.</summary>
/// <remarks>
/// A file may lack a client by mistake, or give it another name; that must not undo what a person, or its silence, has decided.
/// </remarks>
internal sealed class KeptClients(IStateKeeper keeper, EngineClock clock)
{
    /// <summary>How long something is kept at least after it has left the files.</summary>
    public static readonly TimeSpan KeepTime = TimeSpan.FromDays(90);

    private readonly Dictionary<string, KeptRow> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<KeptRow>> _byKey = new(StringComparer.Ordinal);

    /// <summary>By <see cref="KeptRow.OtherKeys"/>.</summary>
    private readonly Dictionary<string, List<KeptRow>> _byOtherKey = new(StringComparer.Ordinal);

    public int Count => _byName.Count;

    /// <summary>All of it, for control surfaces.</summary>
    public IReadOnlyList<KeptClient> List()
        => [.. _byName.Values.Select(static row => row.ToKeptClient()).OrderBy(static client => client.Name, StringComparer.Ordinal)];

    /// <summary>Takes up a row that the store has.</summary>
    public KeptRow Load(StoredClient stored)
    {
        var row = new KeptRow(stored);
        Index(row);
        return row;
    }

    /// <summary>Finds a row by its name; null if there is none.</summary>
    public KeptRow? FindRow(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Lets a row go that the store has not any more.</summary>
    public void Drop(KeptRow row) => Unindex(row);

    /// <summary>Keeps a client that is none any more.</summary>
    public void Add(StoredClient stored)
    {
        var row = new KeptRow(stored);
        Index(row);
        keeper.Changed(row);
    }

    /// <summary>Keeps that a person has removed a client, with its next key and its retired one: none of them gets anything by another name.</summary>
    /// <param name="stored">The client as it was.</param>
    /// <param name="isTaken">Whether a client has a key.</param>
    public void AddRemoved(StoredClient stored, Func<string, bool> isTaken)
    {
        StoredClient removed = stored with { Client = null, EncryptedSecret = default };
        Add(removed);
        foreach (string key in Rotations.OtherKeys(stored.Client?.Rotation).Where(key => !isTaken(key)))
        {
            AddFormer(KeptRow.Former(removed, key));
        }
    }

    /// <summary>Keeps what was decided of a client for keys that it has no more, if anything was.</summary>
    /// <param name="client">The client as it was with them.</param>
    /// <param name="keys">The keys that it still has, or that others have.</param>
    public void AddFormer(StoredClient client, IReadOnlyCollection<string> keys)
    {
        var row = new KeptRow(client);
        row.Stored = row.Without(keys);
        if (row.IsDecision && row.Keys.Any())
        {
            AddFormer(KeptRow.Former(row.Stored) with { LeftAt = clock.UtcNow });
        }

        AddFormerNext(client, keys);
    }

    private void AddFormerNext(StoredClient client, IReadOnlyCollection<string> keys)
    {
        if (client.Client?.Rotation?.NextKeyId is { } next && !keys.Contains(next) && new KeptRow(client).IsDecision)
        {
            AddFormer(KeptRow.Former(client, next) with { LeftAt = clock.UtcNow });
        }
    }

    private void AddFormer(StoredClient former)
    {
        keeper.Link(new KeptRow(former).ClientName, former.Name);
        Add(former);
    }

    /// <summary>Those that a command added and that are not served, or not yet.</summary>
    public IReadOnlyList<KeptRow> Added() => [.. _byName.Values.Where(static row => row.IsAdded)];

    /// <summary>Keeps a row no longer, because its client runs now, and has the row in the store for its own.</summary>
    public void Take(KeptRow row) => Unindex(row);

    /// <summary>Finds what applies to a client: first what had its name, then what had one of its keys.</summary>
    public IReadOnlyList<KeptRow> Find(ClientDefinition definition) => Find(definition.Name, definition.Settings);

    /// <inheritdoc cref="Find(ClientDefinition)"/>
    public IReadOnlyList<KeptRow> Find(string name, ClientSettings settings)
    {
        List<KeptRow> found = [];
        if (_byName.TryGetValue(name, out KeptRow? named))
        {
            found.Add(named);
        }

        FindByKey(settings, found);
        return found;
    }

    /// <summary>Finds what had one of a client's keys.</summary>
    public IReadOnlyList<KeptRow> FindByKey(ClientDefinition definition)
    {
        List<KeptRow> found = [];
        FindByKey(definition.Settings, found);
        return found;
    }

    /// <summary>Notes that a client runs now to which a row applies: its part of the row is kept no longer.</summary>
    /// <param name="row">The row.</param>
    /// <param name="definition">The client.</param>
    /// <param name="isNamed">Whether the configuration has a client of a name.</param>
    public void GoOver(KeptRow row, ClientDefinition definition, Func<string, bool> isNamed)
    {
        string[] keys = [.. ClientRegistry.Keys(definition.Settings)];
        Unindex(row);
        row.Stored = KeptRow.WithoutDefinition(row.Stored); // that of the files wins
        if (row.Name == definition.Name)
        {
            AddFormer(row.Stored, [.. ClientRegistry.Keys(definition)]); // the row is the client's own now
            return;
        }

        StoredClient before = row.Stored;
        row.Stored = row.Without(keys);
        keeper.Link(row.Name, definition.Name);
        if (!row.IsFormer && isNamed(row.Name))
        {
            Index(row); // the client of its name comes yet, or is left out for a mistake
            keeper.Changed(row);
        }
        else if (row.IsDecision && row.Keys.Any())
        {
            Index(row);
            keeper.Changed(row);
        }
        else
        {
            keeper.Forget(row.Name);
            AddFormerNext(before, [.. ClientRegistry.Keys(definition)]);
        }
    }

    /// <summary>Notes whether a row's client is in the files.</summary>
    /// <param name="row">The row.</param>
    /// <param name="leftAt">When it left them; null: it is there.</param>
    public void SetLeft(KeptRow row, DateTimeOffset? leftAt)
    {
        if (row.Stored.LeftAt != leftAt)
        {
            row.Stored = row.Stored with { LeftAt = leftAt };
            keeper.Changed(row);
        }
    }

    /// <summary>Notes which clients have left the files.</summary>
    /// <param name="isThere">Whether the files have the client of a row.</param>
    /// <returns>The clients that have left them since the last call, or since they were kept.</returns>
    public IReadOnlyList<KeptRow> NoteLeft(Func<KeptRow, bool> isThere)
    {
        DateTimeOffset now = clock.UtcNow;
        List<KeptRow> left = [];
        foreach (KeptRow row in _byName.Values)
        {
            if (row.IsAdded)
            {
                continue; // the files never had it
            }

            if (row.Stored.LeftAt is null && !isThere(row))
            {
                SetLeft(row, now);
                left.Add(row);
            }
            else if (row.Stored.LeftAt > now)
            {
                SetLeft(row, now); // the clock was wrong
            }
        }

        return left;
    }

    /// <summary>Forgets what has left the files long ago.</summary>
    /// <param name="isThere">Whether the files have, or may have, the client of a row again.</param>
    /// <returns>How many that were.</returns>
    public int ForgetOld(Func<KeptRow, bool> isThere)
    {
        DateTimeOffset oldest = EngineClock.Add(clock.UtcNow, -KeepTime);
        KeptRow[] old = [.. _byName.Values.Where(row => row.Stored.LeftAt < oldest && !isThere(row))];
        Forget(old);
        return old.Length;
    }

    /// <summary>Forgets what had a name.</summary>
    /// <returns>Whether there was any.</returns>
    public bool Forget(string clientName)
    {
        KeptRow[] rows = [.. _byName.Values.Where(row => row.ClientName == clientName)];
        Forget(rows);
        return rows.Length > 0;
    }

    /// <summary>Whether a row is there still.</summary>
    public bool Has(string rowName) => _byName.ContainsKey(rowName);

    private void Forget(KeptRow[] rows)
    {
        foreach (KeptRow row in rows)
        {
            Unindex(row);
            keeper.Forget(row.Name);
        }
    }

    /// <summary>Finds what had a key.</summary>
    public IReadOnlyList<KeptRow> FindByKey(string key) => _byKey.TryGetValue(key, out List<KeptRow>? rows) ? rows : [];

    /// <summary>Finds what was decided of clients of which a key was the next one, or the retired one.</summary>
    public IReadOnlyList<KeptRow> FindByOtherKey(string key) => _byOtherKey.TryGetValue(key, out List<KeptRow>? rows) ? rows : [];

    private void FindByKey(ClientSettings settings, List<KeptRow> found)
    {
        if (_byKey.Count == 0)
        {
            return;
        }

        foreach (string key in ClientRegistry.Keys(settings))
        {
            foreach (KeptRow row in _byKey.GetValueOrDefault(key) ?? [])
            {
                if (!found.Contains(row))
                {
                    found.Add(row);
                }
            }
        }
    }

    private void Index(KeptRow row)
    {
        _byName[row.Name] = row;
        Index(_byKey, row.Keys, row);
        Index(_byOtherKey, row.OtherKeys, row);
    }

    private void Unindex(KeptRow row)
    {
        _byName.Remove(row.Name);
        Unindex(_byKey, row.Keys, row);
        Unindex(_byOtherKey, row.OtherKeys, row);
    }

    private static void Index(Dictionary<string, List<KeptRow>> index, IEnumerable<string> keys, KeptRow row)
    {
        foreach (string key in keys)
        {
            if (!index.TryGetValue(key, out List<KeptRow>? rows))
            {
                index.Add(key, rows = new List<KeptRow>(1));
            }

            rows.Add(row);
        }
    }

    private static void Unindex(Dictionary<string, List<KeptRow>> index, IEnumerable<string> keys, KeptRow row)
    {
        foreach (string key in keys)
        {
            if (index.TryGetValue(key, out List<KeptRow>? rows) && rows.Remove(row) && rows.Count == 0)
            {
                index.Remove(key);
            }
        }
    }
}
