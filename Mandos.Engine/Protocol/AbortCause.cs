using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>Why the server ended a connection.</summary>
/// <param name="Outcome">For the audit.</param>
/// <param name="Text">For the log.</param>
internal sealed record AbortCause(Outcome Outcome, string Text);
