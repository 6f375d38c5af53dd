namespace Mandos.Ctl.Servers.DBus;

/// <summary>The names of the server's D-Bus interface.</summary>
internal static class ServerNames
{
    /// <summary>The name on the bus, and the server's interface.</summary>
    public const string Service = "se.recompile.Mandos";

    /// <summary>What Debian's server does not have.</summary>
    public const string Extension = "se.recompile.Mandos.Server";

    /// <summary>The error of a command that was carried out, but could not be saved.</summary>
    public const string NotSaved = Extension + ".Error.NotSaved";

    /// <summary>Interface of a client.</summary>
    public const string Client = "se.recompile.Mandos.Client";

    /// <summary>The settings of a client that Debian's server does not have.</summary>
    public const string ClientExtension = "se.recompile.Mandos.Server.Client";

    /// <summary>The error by which Approve tells that connections from different addresses wait, so that none is approved.</summary>
    public const string ConflictingRequestsError = "se.recompile.Mandos.Server.ConflictingRequests";

    /// <summary>Path of the server.</summary>
    public const string Root = "/";

    /// <summary>Path above those of the clients.</summary>
    public const string Clients = "/clients";

    public const string Properties = "org.freedesktop.DBus.Properties";

    public const string ObjectManager = "org.freedesktop.DBus.ObjectManager";

    public const string Bus = "org.freedesktop.DBus";
}
