namespace Mandos.Notify.Messages;

/// <summary>What messages tell of. Its words are in <see cref="EventWords"/>.</summary>
internal enum EventKind
{
    /// <summary>A request waits for approval.</summary>
    NeedApproval,

    /// <summary>Requests from different addresses wait for one client.</summary>
    ConflictingRequests,

    /// <summary>Something says that two machines have the key of one client.</summary>
    Anomaly,

    /// <summary>A request got the secret.</summary>
    GotSecret,

    /// <summary>A request was refused.</summary>
    Rejected,

    /// <summary>A rehearsal of a boot is over.</summary>
    Rehearsed,

    /// <summary>A reboot was expected, and the client did not get its secret in time.</summary>
    RebootOverdue,

    /// <summary>A client has another key, secret or host than at its last boot.</summary>
    BootUnproven,

    /// <summary>A client has another key by a rotation.</summary>
    KeyPromoted,

    /// <summary>A reboot is expected.</summary>
    RebootExpected,

    /// <summary>A client was disabled.</summary>
    Disabled,

    /// <summary>A client was enabled.</summary>
    Enabled,

    /// <summary>A client has come.</summary>
    ClientAdded,

    /// <summary>A client has gone.</summary>
    ClientRemoved,

    /// <summary>A setting or the secret of a client has changed.</summary>
    ClientChanged,

    /// <summary>A key that belongs to no client has asked.</summary>
    ClientNotFound,

    /// <summary>What an invited machine has sent waits for a person.</summary>
    InvitationArrived,

    /// <summary>The server has begun to tell this target of events.</summary>
    ServerStarted,

    /// <summary>Events came faster than anybody could read them.</summary>
    EventsLost,
}
