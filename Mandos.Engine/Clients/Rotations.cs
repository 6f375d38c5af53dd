using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Clients;

/// <summary>How a client's rotation stands, and whether one that is over holds for what the files say still.</summary>
internal static class Rotations
{
    /// <summary>How the rotation of a client stands with a definition.</summary>
    /// <param name="definition">The definition.</param>
    /// <param name="keyBefore">The key that the client had so far; null if there was none.</param>
    /// <param name="before">How its rotation stood so far.</param>
    public static KeyRotation? Of(ClientDefinition definition, string? keyBefore, KeyRotation? before)
    {
        bool isSameKey = definition.MainKey == keyBefore;
        var rotation = new KeyRotation
        {
            NextKeyId = definition.Next?.KeyId,
            TriedAt = definition.Next is { } next && next.KeyId == before?.NextKeyId ? before.TriedAt : null,
            RetiredKeyId = definition.RetiredKeyId ?? (isSameKey ? before?.RetiredKeyId : null),
            PromotedAt = isSameKey ? before?.PromotedAt : null,
            IsFileBehind = definition.RetiredKeyId is not null,
        };
        return rotation is { NextKeyId: null, RetiredKeyId: null } ? null : rotation;
    }

    /// <summary>Whether the next key of a definition has taken the place of the present one.</summary>
    /// <param name="definition">What the files say.</param>
    /// <param name="client">A client as it is, or was kept; null for none.</param>
    public static bool IsPromoted(ClientDefinition definition, ClientSnapshot? client)
        => definition.Next is { } next && definition.MainKey is { } key && client is not null
            && client.Settings.KeyId == next.KeyId && client.Rotation?.RetiredKeyId == key;

    /// <summary>Whether a definition makes a key valid again that was retired.</summary>
    /// <param name="definition">What the files say.</param>
    /// <param name="client">The client as it is, or was kept; null for none.</param>
    public static bool IsBack(ClientDefinition definition, ClientSnapshot? client)
        => client?.Rotation?.RetiredKeyId is { } retired && ClientRegistry.Keys(definition).Contains(retired);

    /// <summary>The keys of a rotation other than the client's present one: the next, and the retired.</summary>
    /// <param name="rotation">The rotation; null for none.</param>
    public static IEnumerable<string> OtherKeys(KeyRotation? rotation) => ((string?[])[rotation?.NextKeyId, rotation?.RetiredKeyId]).OfType<string>();
}
