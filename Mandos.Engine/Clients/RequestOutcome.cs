using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Clients;

/// <summary>What becomes of a request for a secret.</summary>
/// <param name="Secret">The secret to send; the receiver disposes it. Null: it gets none.</param>
/// <param name="Reason">Why.</param>
internal readonly record struct RequestOutcome(Secret.Lease? Secret, AuditReason Reason);
