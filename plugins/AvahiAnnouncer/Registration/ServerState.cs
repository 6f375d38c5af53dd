namespace Mandos.AvahiAnnouncer.Registration;

/// <summary>State of Avahi as a whole, as its D-Bus interface numbers them.</summary>
internal enum ServerState
{
    /// <summary>Not set up yet.</summary>
    Invalid,

    /// <summary>It makes sure that nobody else on the network has its host name.</summary>
    Registering,

    /// <summary>Services can be announced.</summary>
    Running,

    /// <summary>Somebody else has its host name; it is about to take another.</summary>
    Collision,

    /// <summary>It does not work.</summary>
    Failure,
}
