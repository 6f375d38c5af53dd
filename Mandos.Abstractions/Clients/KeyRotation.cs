namespace Mandos.Abstractions.Clients;

/// <summary>How far a client is from its present key to its next one, and what the last change was. All times are UTC.</summary>
public sealed record KeyRotation
{
    /// <summary>The key ID that is to take the place of the present one, with a secret of its own; null if none is.</summary>
    public string? NextKeyId { get; init; }

    /// <summary>
    /// When the next key got the next secret last, and the present key none after that: the first check that begins later and succeeds promotes the next
    /// key. Null while it has yet to get it.
    /// </summary>
    public DateTimeOffset? TriedAt { get; init; }

    /// <summary>The key ID, or the fingerprint if it had none, that the client had before its present one; null if it has not changed by a promotion.</summary>
    public string? RetiredKeyId { get; init; }

    /// <summary>When the present key was promoted; null if it was not.</summary>
    public DateTimeOffset? PromotedAt { get; init; }

    /// <summary>Whether the files still name the retired key as the present one and the present key as the next, so that they can be tidied.</summary>
    public bool IsFileBehind { get; init; }
}
