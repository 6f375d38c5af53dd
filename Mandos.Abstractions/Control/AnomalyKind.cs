namespace Mandos.Abstractions.Control;

/// <summary>What says that two machines may have the key of one client.</summary>
public enum AnomalyKind
{
    /// <summary>A check that began after the request proved that the client's machine runs, so another one asks.</summary>
    MachineRuns,

    /// <summary>Requests from different addresses are open at the same time.</summary>
    OtherAddress,

    /// <summary>Several secrets were given, and the client was not seen alive after any of them.</summary>
    TooManySecrets,

    /// <summary>The link-local address has a hardware address (RFC 4291, appendix A) in it from which the client has not got a secret.</summary>
    NewHardwareAddress,
}
