namespace Mandos.Ctl.Servers;

/// <summary>How far a client's change to another key is, and what the last one was. Texts are empty for none.</summary>
/// <param name="NextKeyId">The key that is to take the place of the present one.</param>
/// <param name="TriedAt">When it got its secret.</param>
/// <param name="RetiredKeyId">The key that the present one has taken the place of.</param>
/// <param name="PromotedAt">When it did.</param>
/// <param name="IsFileBehind">Whether the files have both still.</param>
internal sealed record KeyRotation(string NextKeyId, string TriedAt, string RetiredKeyId, string PromotedAt, bool IsFileBehind);
