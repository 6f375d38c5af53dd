using System.Diagnostics;

namespace Mandos.Engine.Outcomes;

/// <summary>The fixed words by which records name decisions and reasons. Programs read them: add to them, but change none.</summary>
public static class AuditPhrases
{
    /// <summary>The word for a decision.</summary>
    public static string Phrase(this AuditDecision decision) => decision switch
    {
        AuditDecision.Sending => "sending",
        AuditDecision.Sent => "sent",
        AuditDecision.Refused => "refused",
        AuditDecision.Failed => "failed",
        _ => throw new UnreachableException(),
    };

    /// <summary>The words for a reason.</summary>
    public static string Phrase(this AuditReason reason) => reason switch
    {
        AuditReason.ApprovedByDefault => "approved by default",
        AuditReason.Approved => "approved",
        AuditReason.UnknownKey => "unknown key",
        AuditReason.Disabled => "disabled",
        AuditReason.Removed => "removed",
        AuditReason.Denied => "denied",
        AuditReason.ApprovalTimedOut => "approval timed out",
        AuditReason.NotApprovedByDefault => "not approved by default",
        AuditReason.AuditNotWritten => "audit not written",
        AuditReason.BadFirstLine => "bad first line",
        AuditReason.HandshakeFailed => "handshake failed",
        AuditReason.PeerGone => "peer gone",
        AuditReason.TimedOut => "timed out",
        AuditReason.SendFailed => "send failed",
        AuditReason.GaveWay => "gave way",
        AuditReason.TooManyConnections => "too many connections",
        AuditReason.Overloaded => "overloaded",
        AuditReason.ServerStopping => "server stopping",
        AuditReason.UnexpectedError => "unexpected error",
        _ => throw new UnreachableException(),
    };

    /// <summary>What a connection that ends for a reason comes to.</summary>
    public static AuditDecision Decision(this AuditReason reason) => reason switch
    {
        AuditReason.ApprovedByDefault or AuditReason.Approved => AuditDecision.Sent,
        AuditReason.UnknownKey or AuditReason.Disabled or AuditReason.Removed or AuditReason.Denied
            or AuditReason.ApprovalTimedOut or AuditReason.NotApprovedByDefault or AuditReason.AuditNotWritten => AuditDecision.Refused,
        _ => AuditDecision.Failed,
    };
}
