using Microsoft.Extensions.Logging;

namespace Mandos.DBusControl;

public sealed partial class DBusSurface
{
    [LoggerMessage(4100, LogLevel.Error, "D-Bus disabled: {Reason}. The server goes on without, and tries again in {Seconds} s and later")]
    private static partial void LogDisabled(ILogger logger, string reason, double seconds);

    [LoggerMessage(4106, LogLevel.Error,
        "D-Bus: the bus takes nothing more of what the server sends, as some program does not read what it was sent, for example a "
        + "mandos-monitor that was stopped (Ctrl-Z); end that. The server connects to the bus again")]
    private static partial void LogStalled(ILogger logger);

    [LoggerMessage(4107, LogLevel.Error, "D-Bus: the program that does not read is {Reader}; end it")]
    private static partial void LogReader(ILogger logger, string reader);

    [LoggerMessage(4108, LogLevel.Debug, "D-Bus: the bus does not tell which program does not read: {Reason}")]
    private static partial void LogNoReader(ILogger logger, string reason);

    [LoggerMessage(4101, LogLevel.Debug, "D-Bus still disabled: {Reason}")]
    private static partial void LogStillDisabled(ILogger logger, string reason);
}
