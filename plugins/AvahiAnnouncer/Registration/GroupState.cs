namespace Mandos.AvahiAnnouncer.Registration;

/// <summary>State of an entry group, which is what Avahi announces for one of its clients, as its D-Bus interface numbers them.</summary>
internal enum GroupState
{
    /// <summary>Nothing of it is announced.</summary>
    Uncommitted,

    /// <summary>Avahi makes sure that nobody else on the network has the name.</summary>
    Registering,

    /// <summary>Announced.</summary>
    Established,

    /// <summary>Somebody else has the name.</summary>
    Collision,

    /// <summary>It cannot be announced.</summary>
    Failure,
}
