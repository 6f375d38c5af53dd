using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>Why a release gate did not agree.</summary>
/// <param name="Outcome">For the audit.</param>
/// <param name="Detail">More on it, for the audit; null for nothing.</param>
internal sealed record GateRefusal(Outcome Outcome, string? Detail);
