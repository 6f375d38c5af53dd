using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl;

public sealed partial class DBusSurface
{
    [LoggerMessage(4100, LogLevel.Error, "D-Bus disabled: {Reason}. The server goes on without, and tries again in {Seconds} s and later")]
    private static partial void LogDisabled(ILogger logger, string reason, double seconds);

    [LoggerMessage(4101, LogLevel.Debug, "D-Bus still disabled: {Reason}")]
    private static partial void LogStillDisabled(ILogger logger, string reason);
}
