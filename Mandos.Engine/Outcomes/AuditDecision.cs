namespace Mandos.Engine.Outcomes;

/// <summary>What the audit says has come of a connection.</summary>
public enum AuditDecision
{
    /// <summary>The secret is about to go out; another record says what has come of it. Only where the audit is required.</summary>
    Sending,

    /// <summary>The whole secret went out.</summary>
    Sent,

    /// <summary>The peer proved to own a key, and the rules gave it nothing.</summary>
    Refused,

    /// <summary>The connection ended before a decision, or before the secret was out.</summary>
    Failed,
}
