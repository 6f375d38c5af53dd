using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl.Clients;

internal sealed partial class ObjectPaths
{
    [LoggerMessage(4109, LogLevel.Warning,
        "Client {Client}: its D-Bus object path {Wanted} is that of client {Other} already; it gets {Path} instead")]
    private partial void LogCollision(string client, string wanted, string other, string path);
}
