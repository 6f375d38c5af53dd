namespace Mandos.Abstractions.Sharing;

/// <summary>What has come of a command.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Revision">
/// Where it was committed: its revision, which others have to confirm. Otherwise 0.
/// </param>
/// <param name="Current">After a conflict, or if it was not due: what is in force now; null if the store does not have the client.</param>
public sealed record ControlResult(ControlOutcome Outcome, long Revision = 0, SharedClient? Current = null);
