namespace Mandos.Engine.Outcomes;

/// <summary>
/// How a connection ends: with the secret sent, refused by the rules, or failed before the secret was out; and why. docs/operations.md lists
/// them.
/// </summary>
public enum Outcome
{
    /// <summary>Sent: nobody had to approve, or nobody answered in time and the default is to approve.</summary>
    ApprovedByDefault,

    /// <summary>Sent: a person approved.</summary>
    Approved,

    /// <summary>Sent: a person expected a reboot of the client, and said that it needs no approval.</summary>
    ExpectedReboot,

    /// <summary>Refused: no client has the peer's key.</summary>
    UnknownKey,

    /// <summary>Refused: the client is disabled, or became so while it waited.</summary>
    Disabled,

    /// <summary>Refused: the client was removed while it waited.</summary>
    Removed,

    /// <summary>Refused: a person denied it.</summary>
    Denied,

    /// <summary>Refused: nobody approved within the approval delay, and the default is to deny.</summary>
    ApprovalTimedOut,

    /// <summary>Refused: there is no approval delay, and the default is to deny.</summary>
    NotApprovedByDefault,

    /// <summary>Refused: the audit is required, and the record could not be written.</summary>
    AuditNotWritten,

    /// <summary>Refused: the server is cut off from the store that it shares with others, or has not heard of it yet.</summary>
    CutOff,

    /// <summary>Refused: something says that two machines have the client's key, and its <c>anomaly</c> is not <c>log</c>.</summary>
    Anomaly,

    /// <summary>Taken: a section that an invited machine has sent waits for a person now.</summary>
    InvitationTaken,

    /// <summary>Refused: the peer's token is that of no invitation that is open.</summary>
    BadInvitation,

    /// <summary>Refused: the section that an invited machine has sent is none that could be added.</summary>
    InvitedSectionRefused,

    /// <summary>Failed: the peer's first line does not name a protocol version that the server speaks.</summary>
    BadFirstLine,

    /// <summary>Failed: the peer did not complete the TLS handshake as it should.</summary>
    HandshakeFailed,

    /// <summary>Failed: the peer went away before a decision.</summary>
    PeerGone,

    /// <summary>Failed: a phase took longer than the peer may take for it.</summary>
    TimedOut,

    /// <summary>Failed: the secret could not be sent.</summary>
    SendFailed,

    /// <summary>Failed: while its secret was on its way, its client lost the right to it, or the server that to send any.</summary>
    SendAborted,

    /// <summary>Failed: it had not authenticated, or its client had too many, when a newer connection needed its place.</summary>
    GaveWay,

    /// <summary>Failed: there was no room for it, and no other connection could give way.</summary>
    TooManyConnections,

    /// <summary>Failed: the server was too busy with others' handshakes to go on with it.</summary>
    Overloaded,

    /// <summary>Failed: the server stops.</summary>
    ServerStopping,

    /// <summary>Failed: by a fault of the server or of a plugin, which the log has.</summary>
    UnexpectedError,
}
