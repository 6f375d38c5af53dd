using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;

namespace Mandos.Engine.Reloading;

/// <summary>What the configuration's next keys mean, after all that has become of their clients.</summary>
internal sealed partial class ClientLoader
{
    /// <summary>Whether <see cref="Resolve"/> has dropped a next key, so that the same files may mean more later.</summary>
    public bool HasDropped { get; set; }

    /// <summary>Takes a configuration up as far as this server can: those that share their state have no next keys.</summary>
    public ClientConfiguration Accept(ClientConfiguration configuration)
    {
        if (_transitions.OnDue is null || !configuration.Clients.Any(static client => client.Next is not null))
        {
            return configuration;
        }

        string[] names = [.. configuration.Clients.Where(static client => client.Next is not null).Select(static client => client.Name)];
        LogNextWithoutEffect(names.Length, string.Join(", ", names.Order(StringComparer.Ordinal).Take(MostNamed)));
        return configuration with { Clients = [.. configuration.Clients.Select(WithoutNext)] };
    }

    /// <summary>Says what a definition is in force as: its next key may have taken the place of the present one, or may have to wait.</summary>
    /// <param name="definition">What the configuration says.</param>
    /// <returns>A definition as any other; secrets that are in it no more are zeroed.</returns>
    public ClientDefinition Resolve(ClientDefinition definition)
    {
        ClientSnapshot? known = _clients.TryGet(definition.Name, out Client? running) ? running.Snapshot : _kept.FindRow(definition.Name)?.Stored.Client;
        if (definition.Next is { } next)
        {
            bool isPresent = known is { Settings: var had } && (had.KeyId ?? had.Fingerprint) == definition.MainKey; // the files have put it back meanwhile
            if (!isPresent && Candidates(definition, next).Any(client => Rotations.IsPromoted(definition, client)))
            {
                definition.Secret.Dispose();
                return definition.Promoted();
            }

            if (FindDecided(definition, next) is { } decided)
            {
                LogNextIsDecided(definition.Name, next.KeyId, decided);
                HasDropped = true;
                return WithoutNext(definition);
            }

            foreach (KeptRow row in _kept.FindByKey(next.KeyId).Where(row => row.ClientName == definition.Name && row is { IsFormer: true, IsRemoved: false }).ToArray())
            {
                _kept.GoOver(row, definition.Promoted(), static _ => false); // or it would disable its own client, once that has the key alone
            }
        }

        if (Rotations.IsBack(definition, known))
        {
            LogRetiredIsBack(definition.Name, known!.Rotation!.RetiredKeyId!);
        }

        return definition;
    }

    /// <summary>The keys that others have taken the place of. Where the next one cannot be used for a mistake, such a key is all that a definition has, and nothing.</summary>
    private static HashSet<string> RetiredKeys(IReadOnlyList<StoredClient> saved)
        => saved.Select(static stored => stored.Client?.Rotation?.RetiredKeyId).OfType<string>().ToHashSet(StringComparer.Ordinal);

    private IEnumerable<ClientSnapshot?> Candidates(ClientDefinition definition, NextKey next)
    {
        yield return _clients.TryGet(definition.Name, out Client? named) ? named.Snapshot : null;
        yield return _clients.FindByKey(next.KeyId)?.Snapshot;
        yield return _kept.FindRow(definition.Name)?.Stored.Client;
        foreach (KeptRow row in _kept.FindByKey(next.KeyId).Where(static row => !row.IsFormer))
        {
            yield return row.Stored.Client; // a former one had that key alone once, and may have another again
        }
    }

    /// <summary>Finds a client that was removed or disabled with a key that is to be another one's next: the key gets nothing by a new name.</summary>
    /// <returns>Its name; null if there is none.</returns>
    private string? FindDecided(ClientDefinition definition, NextKey next)
    {
        if (_clients.FindByKey(next.KeyId) is { Snapshot.Enabled: false } owner && owner.Name != definition.Name)
        {
            return owner.Name;
        }

        return _kept.FindByKey(next.KeyId).Concat(_kept.FindByOtherKey(next.KeyId)).FirstOrDefault(row => row.Stored.Client switch
        {
            null => row.Name != definition.Name,
            { Enabled: var isEnabled } => row.ClientName != definition.Name && !isEnabled,
        })?.ClientName;
    }

    /// <summary>What was decided of other clients while keys were their next ones, or retired, that a client is to have now and had not before.</summary>
    /// <param name="definition">What the client is to be.</param>
    /// <param name="before">Its settings so far; null if it had none.</param>
    public IEnumerable<KeptRow> FindByOtherKeys(ClientDefinition definition, ClientSettings? before)
        => ClientRegistry.Keys(definition.Settings).Except(before is null ? [] : ClientRegistry.Keys(before))
            .SelectMany(_kept.FindByOtherKey).Where(row => row.ClientName != definition.Name);

    private static ClientDefinition WithoutNext(ClientDefinition definition)
    {
        definition.Next?.Secret.Dispose();
        return definition with { Next = null };
    }
}
