namespace Mandos.DBus;

/// <summary>Well-known addresses.</summary>
public static class DBusAddress
{
    /// <summary>The system bus: the variable <c>DBUS_SYSTEM_BUS_ADDRESS</c>, else its usual socket.</summary>
    public static string System
        => Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address
            ? address
            : "unix:path=/run/dbus/system_bus_socket";
}
