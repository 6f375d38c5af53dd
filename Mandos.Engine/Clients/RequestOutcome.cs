using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Clients;

/// <summary>What becomes of a request for a secret.</summary>
/// <param name="Secret">The secret to send; the receiver disposes it. Null: it gets none.</param>
/// <param name="Outcome">How its connection is to end, and why.</param>
/// <param name="Detail">More on that, for the audit; null for nothing.</param>
internal readonly record struct RequestOutcome(Secret.Lease? Secret, Outcome Outcome, string? Detail = null);
