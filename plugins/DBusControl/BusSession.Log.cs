using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl;

internal sealed partial class BusSession
{
    [LoggerMessage(4103, LogLevel.Information, "On the D-Bus as {Name}, with {Count} clients")]
    private partial void LogServing(string name, int count);

    [LoggerMessage(4104, LogLevel.Warning, "D-Bus: the bus was too slow, {Reason}; listeners are told what has changed meanwhile")]
    private partial void LogOverflow(string reason);

    [LoggerMessage(4105, LogLevel.Error, "D-Bus: a signal could not be sent: {Reason}")]
    private partial void LogUntold(string reason);
}
