using Microsoft.Extensions.Logging;

namespace Mandos.DBus;

public sealed partial class DBusConnection
{
    [LoggerMessage(4000, LogLevel.Debug, "{Connection}: connected to the bus as {UniqueName}")]
    private partial void LogConnected(string connection, string uniqueName);

    [LoggerMessage(4001, LogLevel.Debug, "{Connection}: the connection to the bus has ended: {Reason}")]
    private partial void LogEnded(string connection, string reason);

    [LoggerMessage(4002, LogLevel.Error, "{Connection}: the handler of the signal {Interface}.{Member} failed: {Reason}")]
    private partial void LogSignalFault(string connection, string @interface, string member, string reason);

    [LoggerMessage(4003, LogLevel.Error, "{Connection}: the handler of the method {Interface}.{Member} failed: {Reason}")]
    private partial void LogRequestFault(string connection, string @interface, string member, string reason);

    [LoggerMessage(4004, LogLevel.Error, "{Connection}: a posted action failed: {Reason}")]
    private partial void LogPostedFault(string connection, string reason);

    [LoggerMessage(4005, LogLevel.Debug, "{Connection}: the signal {Interface}.{Member} is not as it should be: {Reason}")]
    private partial void LogBadSignal(string connection, string @interface, string member, string reason);
}
