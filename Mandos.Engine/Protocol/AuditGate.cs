using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>Lets a secret go only once the audit has on disk that it is about to be sent.</summary>
internal sealed class AuditGate(AuditTrail audit) : IReleaseGate
{
    public Outcome Refusal => Outcome.AuditNotWritten;

    public string Otherwise => "the audit could not be written, and it is required";

    public Task<bool> AgreesAsync(Connection connection, Outcome granted, CancellationToken cancellationToken)
        => audit.TryAnnounceAsync(connection, granted, cancellationToken);
}
