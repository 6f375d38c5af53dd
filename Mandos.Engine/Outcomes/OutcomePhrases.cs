using System.Diagnostics;

namespace Mandos.Engine.Outcomes;

/// <summary>The fixed words by which the audit says what became of a connection, and why. Programs read them: add to them, but change none.</summary>
public static class OutcomePhrases
{
    /// <summary>What the audit says while a secret is about to go out.</summary>
    public const string Sending = "sending";

    /// <summary>The words for why.</summary>
    public static string Phrase(this Outcome outcome) => outcome switch
    {
        Outcome.ApprovedByDefault => "approved by default",
        Outcome.Approved => "approved",
        Outcome.ExpectedReboot => "expected reboot",
        Outcome.UnknownKey => "unknown key",
        Outcome.Disabled => "disabled",
        Outcome.Removed => "removed",
        Outcome.Denied => "denied",
        Outcome.ApprovalTimedOut => "approval timed out",
        Outcome.NotApprovedByDefault => "not approved by default",
        Outcome.AuditNotWritten => "audit not written",
        Outcome.CutOff => "cut off",
        Outcome.Anomaly => "anomaly",
        Outcome.InvitationTaken => "invitation taken",
        Outcome.BadInvitation => "bad invitation",
        Outcome.InvitedSectionRefused => "invited section refused",
        Outcome.BadFirstLine => "bad first line",
        Outcome.HandshakeFailed => "handshake failed",
        Outcome.PeerGone => "peer gone",
        Outcome.TimedOut => "timed out",
        Outcome.SendFailed => "send failed",
        Outcome.SendAborted => "send aborted",
        Outcome.GaveWay => "gave way",
        Outcome.TooManyConnections => "too many connections",
        Outcome.Overloaded => "overloaded",
        Outcome.ServerStopping => "server stopping",
        Outcome.UnexpectedError => "unexpected error",
        _ => throw new UnreachableException(),
    };

    /// <summary>Whether a connection that ends so has got the secret.</summary>
    public static bool IsSent(this Outcome outcome) => outcome is Outcome.ApprovedByDefault or Outcome.Approved or Outcome.ExpectedReboot;

    /// <summary>The word for what becomes of a connection that ends so.</summary>
    public static string Decision(this Outcome outcome) => outcome switch
    {
        _ when outcome.IsSent() => "sent",
        Outcome.UnknownKey or Outcome.Disabled or Outcome.Removed or Outcome.Denied
            or Outcome.ApprovalTimedOut or Outcome.NotApprovedByDefault or Outcome.AuditNotWritten or Outcome.CutOff or Outcome.Anomaly
            or Outcome.BadInvitation or Outcome.InvitedSectionRefused => "refused",
        Outcome.InvitationTaken => "taken",
        _ => "failed",
    };
}
