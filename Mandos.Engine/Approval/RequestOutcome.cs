using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Approval;

/// <summary>What becomes of a request for a secret; neither secret nor reason means that it was abandoned.</summary>
/// <param name="Secret">The secret to send; the receiver disposes it.</param>
/// <param name="Reason">Why it was refused.</param>
internal readonly record struct RequestOutcome(Secret.Lease? Secret, RejectionReason? Reason);
