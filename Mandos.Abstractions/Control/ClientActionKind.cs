namespace Mandos.Abstractions.Control;

/// <summary>The commands that can be given for many clients at once.</summary>
public enum ClientActionKind
{
    /// <summary>Enable.</summary>
    Enable,

    /// <summary>Disable.</summary>
    Disable,

    /// <summary>Approve all that waits.</summary>
    Approve,

    /// <summary>Deny all that waits.</summary>
    Deny,

    /// <summary>Note that the client is alive.</summary>
    MarkCheckedOk,

    /// <summary>Start a check.</summary>
    StartChecker,

    /// <summary>Stop the check.</summary>
    StopChecker,

    /// <summary>Change settings.</summary>
    Change,

    /// <summary>Remove.</summary>
    Remove,

    /// <summary>Expect a reboot, or not any more.</summary>
    ExpectReboot,

    /// <summary>Expect a rehearsal, or not any more.</summary>
    Rehearse,

    /// <summary>Have the next key take the place of the present one.</summary>
    Promote,
}
