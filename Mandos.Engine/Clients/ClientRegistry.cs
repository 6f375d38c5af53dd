using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Clients;

/// <summary>All clients, by name and by key; each look-up takes the same time however many there are.</summary>
internal sealed class ClientRegistry
{
    private readonly Dictionary<string, Client> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Client> _byKey = new(StringComparer.Ordinal);

    public int Count => _byName.Count;

    public IEnumerable<Client> All => _byName.Values;

    public void EnsureCapacity(int count)
    {
        _byName.EnsureCapacity(count);
        _byKey.EnsureCapacity(count);
    }

    /// <exception cref="ArgumentException">The name, key ID or fingerprint belongs to another client.</exception>
    public void Add(Client client)
    {
        _byName.Add(client.Name, client);
        foreach (string key in Keys(client.Definition.Settings))
        {
            _byKey.Add(key, client);
        }
    }

    public void Remove(Client client)
    {
        _byName.Remove(client.Name);
        foreach (string key in Keys(client.Definition.Settings))
        {
            _byKey.Remove(key);
        }
    }

    /// <exception cref="UnknownClientException">There is no such client.</exception>
    public Client Get(string name) => _byName.TryGetValue(name, out Client? client) ? client : throw new UnknownClientException(name);

    public bool TryGet(string name, [MaybeNullWhen(false)] out Client client) => _byName.TryGetValue(name, out client);

    /// <summary>Finds the client to which a key belongs.</summary>
    /// <param name="keyId">Key ID (64 digits) or OpenPGP fingerprint (40 digits), upper-case; their lengths keep them apart.</param>
    public Client? FindByKey(string keyId) => _byKey.GetValueOrDefault(keyId);

    /// <remarks>The key ID of an empty key is left out, so that it finds nobody even if a client claims it.</remarks>
    private static IEnumerable<string> Keys(ClientSettings settings)
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
}
