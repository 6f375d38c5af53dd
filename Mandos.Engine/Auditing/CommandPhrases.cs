using System.Diagnostics;

namespace Mandos.Engine.Auditing;

/// <summary>The fixed words by which records name commands and their outcomes. Programs read them: add to them, but change none.</summary>
public static class CommandPhrases
{
    /// <summary>The words for a command.</summary>
    public static string Phrase(this AuditCommand command) => command switch
    {
        AuditCommand.Enable => "enable",
        AuditCommand.Disable => "disable",
        AuditCommand.Approve => "approve",
        AuditCommand.Deny => "deny",
        AuditCommand.ApproveRequest => "approve request",
        AuditCommand.DenyRequest => "deny request",
        AuditCommand.ExpectReboot => "expect reboot",
        AuditCommand.ExpectNoReboot => "expect no reboot",
        AuditCommand.Rehearse => "rehearse",
        AuditCommand.Promote => "promote",
        AuditCommand.MarkCheckedOk => "mark checked ok",
        AuditCommand.StartChecker => "start checker",
        AuditCommand.StopChecker => "stop checker",
        AuditCommand.Change => "change",
        AuditCommand.SetSecret => "set secret",
        AuditCommand.Add => "add",
        AuditCommand.Remove => "remove",
        AuditCommand.Forget => "forget",
        AuditCommand.Invite => "invite",
        AuditCommand.AcceptInvitation => "accept invitation",
        AuditCommand.RejectInvitation => "reject invitation",
        AuditCommand.Reload => "reload",
        _ => throw new UnreachableException(),
    };

    /// <summary>The words for an outcome.</summary>
    public static string Phrase(this CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.Done => "done",
        CommandOutcome.NotSaved => "not saved",
        CommandOutcome.NotEnded => "not ended",
        CommandOutcome.Failed => "failed",
        _ => throw new UnreachableException(),
    };
}
