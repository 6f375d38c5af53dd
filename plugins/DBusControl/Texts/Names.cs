namespace Mandos.DBusControl.Texts;

/// <summary>The names of the interface: what programs for Mandos rely on, and what is our own.</summary>
internal static class Names
{
    /// <summary>The name of the plugin, by which the configuration and the audit file know it.</summary>
    public const string Surface = "dbus";

    /// <summary>The name on the bus.</summary>
    public const string Service = "se.recompile.Mandos";

    /// <summary>The name that the service had before; old programs still use it.</summary>
    public const string OldService = "se.bsnet.fukt.Mandos";

    /// <summary>Interface of the server.</summary>
    public const string Server = "se.recompile.Mandos";

    /// <summary>The same interface under its old name.</summary>
    public const string OldServer = "se.bsnet.fukt.Mandos";

    /// <summary>What Debian's server does not have: properties of the server, requests that wait, former clients, and Reload.</summary>
    public const string ServerExtension = "se.recompile.Mandos.Server";

    /// <summary>The error by which Approve tells that it has approved nothing, as requests from different addresses wait.</summary>
    public const string ConflictingRequestsError = "se.recompile.Mandos.Server.ConflictingRequests";

    /// <summary>Interface of a client.</summary>
    public const string Client = "se.recompile.Mandos.Client";

    /// <summary>The same interface under its old name.</summary>
    public const string OldClient = "se.bsnet.fukt.Mandos.Client";

    /// <summary>What Debian's server does not have of a client: the settings that it does not know.</summary>
    public const string ClientExtension = "se.recompile.Mandos.Server.Client";

    /// <summary>The error of a command that is in force, but not saved.</summary>
    public const string NotSavedError = ServerExtension + ".Error.NotSaved";

    /// <summary>The error of what cannot be done with an invitation.</summary>
    public const string InvitationError = ServerExtension + ".Error.Invitation";

    public const string Introspectable = "org.freedesktop.DBus.Introspectable";

    public const string Properties = "org.freedesktop.DBus.Properties";

    public const string ObjectManager = "org.freedesktop.DBus.ObjectManager";

    public const string Peer = "org.freedesktop.DBus.Peer";

    /// <summary>The bus itself, and its own interface.</summary>
    public const string Bus = "org.freedesktop.DBus";

    /// <summary>Path of the bus.</summary>
    public const string BusPath = "/org/freedesktop/DBus";

    /// <summary>Interface of dbus-daemon that tells what it keeps for its connections.</summary>
    public const string BusStatistics = "org.freedesktop.DBus.Debug.Stats";

    /// <summary>Path of the server.</summary>
    public const string Root = "/";

    /// <summary>Path above those of the clients.</summary>
    public const string Clients = "/clients";
}
