using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Clients;

internal sealed partial class ObjectPaths
{
    [LoggerMessage(1104, LogLevel.Warning,
        "Client {Client}: its D-Bus object path {Wanted} is that of client {Other} already; it gets {Path} instead")]
    private partial void LogCollision(string client, string wanted, string other, string path);
}
