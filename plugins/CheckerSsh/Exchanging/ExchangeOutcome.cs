namespace Mandos.CheckerSsh.Exchanging;

/// <summary>The ways in which a key exchange ends.</summary>
internal enum ExchangeOutcome
{
    /// <summary>It did not get as far as the host's key.</summary>
    Broken,

    /// <summary>The host takes no more connections for a moment.</summary>
    Busy,

    /// <summary>The host has no key of the types that were offered.</summary>
    NoSuchKey,

    /// <summary>The host presented a key that is not pinned.</summary>
    OtherKey,

    /// <summary>The host presented a pinned key, and a signature that was not made with it for this key exchange.</summary>
    WrongSignature,

    /// <summary>The host presented a pinned key and signed with it.</summary>
    Proven,
}
