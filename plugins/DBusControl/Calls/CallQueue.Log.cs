using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl.Calls;

internal sealed partial class CallQueue
{
    [LoggerMessage(4110, LogLevel.Error, "D-Bus: {Method} failed: {Reason}")]
    private partial void LogFault(string method, string reason);
}
