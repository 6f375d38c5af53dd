namespace Mandos.Engine.Auditing;

/// <summary>The commands that a <see cref="CommandRecord"/> can be about.</summary>
public enum AuditCommand
{
    /// <summary>Enable a client.</summary>
    Enable,

    /// <summary>Disable a client.</summary>
    Disable,

    /// <summary>Approve all requests of a client.</summary>
    Approve,

    /// <summary>Deny all requests of a client.</summary>
    Deny,

    /// <summary>Approve one request.</summary>
    ApproveRequest,

    /// <summary>Deny one request.</summary>
    DenyRequest,

    /// <summary>Expect a reboot of a client.</summary>
    ExpectReboot,

    /// <summary>Expect a reboot of a client no longer.</summary>
    ExpectNoReboot,

    /// <summary>Expect a rehearsal of a client, or not any more.</summary>
    Rehearse,

    /// <summary>Have the next key of a client take the place of its present one.</summary>
    Promote,

    /// <summary>Note that a client is alive.</summary>
    MarkCheckedOk,

    /// <summary>Start a check of a client.</summary>
    StartChecker,

    /// <summary>Stop the check of a client.</summary>
    StopChecker,

    /// <summary>Change settings of a client.</summary>
    Change,

    /// <summary>Replace the secret of a client.</summary>
    SetSecret,

    /// <summary>Add a client.</summary>
    Add,

    /// <summary>Remove a client.</summary>
    Remove,

    /// <summary>Forget what is kept of a client.</summary>
    Forget,

    /// <summary>Invite a machine.</summary>
    Invite,

    /// <summary>End an invitation because its client was added.</summary>
    AcceptInvitation,

    /// <summary>End an invitation, or reject what has arrived on it.</summary>
    RejectInvitation,

    /// <summary>Re-read the configuration of the clients.</summary>
    Reload,
}
