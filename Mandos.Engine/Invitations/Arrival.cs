using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Invitations;

/// <summary>What becomes of something that was sent on an invitation.</summary>
/// <param name="Outcome">For the audit.</param>
/// <param name="Text">One line for the peer, the log and the audit: never a token, never a secret.</param>
internal readonly record struct Arrival(Outcome Outcome, string Text);
