using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>A former client.</summary>
/// <param name="stored">Its row in the store.</param>
internal sealed class KeptRow(StoredClient stored) : ISaved
{
    private const char Separator = '\n';

    /// <summary>The row.</summary>
    public StoredClient Stored { get; set; } = stored;

    /// <summary>Name of the row: that of the client, unless another has that name now.</summary>
    public string Name => Stored.Name;

    /// <summary>The name that the client had.</summary>
    public string ClientName => Stored.Name.Split(Separator)[0];

    /// <summary>Whether it is kept for its keys alone: another client has its name.</summary>
    public bool IsFormer => Stored.Name.Contains(Separator, StringComparison.Ordinal);

    public bool IsRemoved => Stored.Client is null;

    /// <summary>Whether it is a client that a command added and that is not served: its definition is here alone.</summary>
    public bool IsAdded => Stored.Client is { Origin: ClientOrigin.Command };

    /// <summary>Its keys; those that have gone over to a client are not among them any more.</summary>
    public IEnumerable<string> Keys => ClientRegistry.Keys(Stored.FileSettings);

    /// <summary>The keys that it had besides: the one that was to be its next, and the one that was retired. What was decided is for these too.</summary>
    public IEnumerable<string> OtherKeys => IsDecision ? Rotations.OtherKeys(Stored.Client?.Rotation) : [];

    /// <summary>Whether there is more to keep than settings: it was removed, disabled other than by the file, or denied.</summary>
    public bool IsDecision => Stored is not ({ Client.Enabled: true, DeniedUntil: null } or { Client: not null, FileEnabled: false, DeniedUntil: null });

    public StoredClient ToStored() => Stored;

    /// <summary>What control surfaces see of it.</summary>
    public KeptClient ToKeptClient() => new()
    {
        Name = ClientName,
        Origin = IsAdded ? ClientOrigin.Command : ClientOrigin.Files,
        KeyId = Stored.FileSettings.KeyId,
        Fingerprint = Stored.FileSettings.Fingerprint,
        State = Stored.Client switch
        {
            null => KeptState.Removed,
            { Enabled: false } => KeptState.Disabled,
            _ => KeptState.Enabled,
        },
        LeftAt = Stored.LeftAt,
    };

    /// <summary>The row without the keys that a client has now.</summary>
    public StoredClient Without(IReadOnlyCollection<string> keys) => Stored with
    {
        FileSettings = Stored.FileSettings with
        {
            KeyId = Stored.FileSettings.KeyId is { } keyId && keys.Contains(keyId) ? null : Stored.FileSettings.KeyId,
            Fingerprint = Stored.FileSettings.Fingerprint is { } print && keys.Contains(print) ? null : Stored.FileSettings.Fingerprint,
        },
    };

    /// <summary>What was decided about a client, without the definition and the secret that it had if a command added it.</summary>
    public static StoredClient WithoutDefinition(StoredClient stored) => stored.Client is { Origin: ClientOrigin.Command } client
        ? stored with { Client = client with { Origin = ClientOrigin.Files }, EncryptedSecret = default }
        : stored;

    /// <summary>Makes a row for keys that a client had once, while the same client, or another, has its name now.</summary>
    /// <param name="stored">The client, with these keys alone.</param>
    public static StoredClient Former(StoredClient stored) => WithoutDefinition(stored) with
    {
        Name = stored.Name.Split(Separator)[0] + Separator + string.Join(' ', ClientRegistry.Keys(stored.FileSettings)),
        Client = WithoutDefinition(stored).Client is { } client ? client with { Rotation = null } : null, // that is the client's too
        EncryptedSecret = default, // it is the client's of that name
    };

    /// <summary>Makes such a row for one of <see cref="OtherKeys"/>.</summary>
    /// <param name="stored">The client.</param>
    /// <param name="key">A key ID, or a fingerprint.</param>
    public static StoredClient Former(StoredClient stored, string key) => Former(stored with
    {
        FileSettings = stored.FileSettings with
        {
            KeyId = key.Length == ClientDefinition.EmptyKeyId.Length ? key : null,
            Fingerprint = key.Length == ClientDefinition.EmptyKeyId.Length ? null : key,
        },
    });
}
