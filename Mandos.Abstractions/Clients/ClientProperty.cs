namespace Mandos.Abstractions.Clients;

/// <summary>The properties of a client that change at run time.</summary>
public enum ClientProperty
{
    /// <summary><see cref="ClientSnapshot.Enabled"/></summary>
    Enabled,

    /// <summary><see cref="ClientSnapshot.LastEnabled"/></summary>
    LastEnabled,

    /// <summary><see cref="ClientSnapshot.Expires"/></summary>
    Expires,

    /// <summary><see cref="ClientSnapshot.LastCheckedOk"/></summary>
    LastCheckedOk,

    /// <summary><see cref="ClientSnapshot.LastCheckerStatus"/></summary>
    LastCheckerStatus,

    /// <summary><see cref="ClientSnapshot.LastApprovalRequest"/></summary>
    LastApprovalRequest,

    /// <summary><see cref="ClientSnapshot.ApprovalsPending"/> became or ceased to be zero.</summary>
    ApprovalPending,

    /// <summary><see cref="ClientSnapshot.CheckerRunning"/></summary>
    CheckerRunning,

    /// <summary><see cref="ClientSettings.Host"/></summary>
    Host,

    /// <summary><see cref="ClientSettings.Checker"/></summary>
    Checker,

    /// <summary><see cref="ClientSettings.Interval"/></summary>
    Interval,

    /// <summary><see cref="ClientSettings.Timeout"/></summary>
    Timeout,

    /// <summary><see cref="ClientSettings.ExtendedTimeout"/></summary>
    ExtendedTimeout,

    /// <summary><see cref="ClientSettings.ApprovalDelay"/></summary>
    ApprovalDelay,

    /// <summary><see cref="ClientSettings.ApprovalDuration"/></summary>
    ApprovalDuration,

    /// <summary><see cref="ClientSettings.ApprovedByDefault"/></summary>
    ApprovedByDefault,

    /// <summary>The secret was replaced. Its value is not to be had.</summary>
    Secret,

    /// <summary><see cref="ClientSnapshot.Requests"/></summary>
    Requests,
}
