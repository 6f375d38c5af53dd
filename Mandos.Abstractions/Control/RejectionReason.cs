namespace Mandos.Abstractions.Control;

/// <summary>Why a known client was refused its secret.</summary>
public enum RejectionReason
{
    /// <summary>The client is disabled, or was disabled or removed while it waited.</summary>
    Disabled,

    /// <summary>A person denied it.</summary>
    Denied,

    /// <summary>Nobody approved it in time, and it is not approved by default.</summary>
    ApprovalTimedOut,
}
