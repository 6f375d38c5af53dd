using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Clients;

/// <summary>All clients, by name and by key; each look-up takes the same time however many there are.</summary>
internal sealed class ClientRegistry : IDisposable
{
    private readonly Dictionary<string, Client> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Client> _byKey = new(StringComparer.Ordinal);

    public int Count => _byName.Count;

    /// <summary>How many there are in each state.</summary>
    public ClientCounts Counts { get; } = new();

    public IEnumerable<Client> All => _byName.Values;

    public void EnsureCapacity(int count)
    {
        _byName.EnsureCapacity(count);
        _byKey.EnsureCapacity(count);
    }

    /// <summary>Adds a client. A key of it that another client has becomes its own.</summary>
    /// <exception cref="ArgumentException">There is another client of this name.</exception>
    public void Add(Client client)
    {
        _byName.Add(client.Name, client);
        TakeKeys(client);
    }

    /// <summary>Gives a client another definition of the same name. A key of another client in it becomes its own.</summary>
    public void Redefine(Client client, ClientDefinition definition)
    {
        ReleaseKeys(client);
        client.Definition = definition;
        TakeKeys(client);
    }

    public void Remove(Client client)
    {
        _byName.Remove(client.Name);
        ReleaseKeys(client);
        Counts.Remove(client);
    }

    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    public Client Get(ClientReference wanted)
        => _byName.TryGetValue(wanted.Name, out Client? client) && wanted.Means(client.Snapshot) ? client : throw new UnknownClientException(wanted);

    public bool TryGet(string name, [MaybeNullWhen(false)] out Client client) => _byName.TryGetValue(name, out client);

    /// <summary>Finds the client to which a key belongs.</summary>
    /// <param name="keyId">Key ID (64 digits) or OpenPGP fingerprint (40 digits), upper-case; their lengths keep them apart.</param>
    public Client? FindByKey(string keyId) => _byKey.GetValueOrDefault(keyId);

    /// <summary>Zeroes the secrets of all clients.</summary>
    public void Dispose()
    {
        foreach (Client client in All)
        {
            client.Secret.Dispose();
            client.Definition.DisposeSecrets();
        }
    }

    /// <summary>The keys by which a client with these settings is found.</summary>
    /// <remarks>The key ID of an empty key is left out, so that it finds nobody even if a client claims it.</remarks>
    public static IEnumerable<string> Keys(ClientSettings settings)
    {
        if (settings.KeyId is { } keyId && keyId != ClientDefinition.EmptyKeyId)
        {
            yield return keyId;
        }

        if (settings.Fingerprint is { } fingerprint)
        {
            yield return fingerprint;
        }
    }

    /// <summary>The keys by which a client is found, the next one too.</summary>
    public static IEnumerable<string> Keys(ClientDefinition definition)
        => definition.Next is { } next ? Keys(definition.Settings).Append(next.KeyId) : Keys(definition.Settings);

    private void TakeKeys(Client client)
    {
        foreach (string key in Keys(client.Definition))
        {
            _byKey[key] = client;
        }
    }

    private void ReleaseKeys(Client client)
    {
        foreach (string key in Keys(client.Definition))
        {
            if (_byKey.GetValueOrDefault(key) == client)
            {
                _byKey.Remove(key);
            }
        }
    }
}
