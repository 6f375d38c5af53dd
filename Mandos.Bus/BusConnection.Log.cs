using Microsoft.Extensions.Logging;
using Tmds.DBus.Protocol;

namespace Mandos.Bus;

public sealed partial class BusConnection
{
    [LoggerMessage(4300, LogLevel.Error, "{Connection}: {Source}: {Reason}")]
    private partial void LogFault(string connection, DBusConnection.ExceptionSource source, string reason);
}
