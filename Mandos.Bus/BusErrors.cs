namespace Mandos.Bus;

/// <summary>Names of the errors that the specification and the reference implementation define.</summary>
public static class BusErrors
{
    /// <summary>Anything without a name of its own.</summary>
    public const string Failed = "org.freedesktop.DBus.Error.Failed";

    /// <summary>Wrong type, number or range of arguments.</summary>
    public const string InvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";

    /// <summary>No such method.</summary>
    public const string UnknownMethod = "org.freedesktop.DBus.Error.UnknownMethod";

    /// <summary>No object at that path.</summary>
    public const string UnknownObject = "org.freedesktop.DBus.Error.UnknownObject";

    /// <summary>The object does not have that interface.</summary>
    public const string UnknownInterface = "org.freedesktop.DBus.Error.UnknownInterface";

    /// <summary>The interface does not have that property.</summary>
    public const string UnknownProperty = "org.freedesktop.DBus.Error.UnknownProperty";

    /// <summary>The property cannot be set.</summary>
    public const string PropertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly";

    /// <summary>Not permitted.</summary>
    public const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";

    /// <summary>A file has a mistake.</summary>
    public const string InvalidFileContent = "org.freedesktop.DBus.Error.InvalidFileContent";

    /// <summary>It cannot be done here.</summary>
    public const string NotSupported = "org.freedesktop.DBus.Error.NotSupported";

    /// <summary>More than some limit.</summary>
    public const string LimitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded";

    /// <summary>No answer in time, or the callee went away.</summary>
    public const string NoReply = "org.freedesktop.DBus.Error.NoReply";

    /// <summary>Nobody has the name, and it cannot be started.</summary>
    public const string ServiceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown";

    /// <summary>Nobody has the name.</summary>
    public const string NameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner";
}
