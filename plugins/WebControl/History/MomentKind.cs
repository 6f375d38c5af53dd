namespace Mandos.WebControl.History;

/// <summary>What happened to a client.</summary>
internal enum MomentKind : byte
{
    /// <summary>A check found it alive.</summary>
    CheckSucceeded,

    /// <summary>A check did not.</summary>
    CheckFailed,

    /// <summary>A connection began to wait for approval.</summary>
    Asked,

    /// <summary>A connection got the secret.</summary>
    GotSecret,

    /// <summary>A connection was refused.</summary>
    Refused,

    /// <summary>A person announced a reboot.</summary>
    RebootExpected,

    /// <summary>A rehearsal of its boot got the secret.</summary>
    Rehearsed,

    /// <summary>A rehearsal of its boot got nothing.</summary>
    RehearsalFailed,
}
