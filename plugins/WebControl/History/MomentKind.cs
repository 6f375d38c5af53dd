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
}
