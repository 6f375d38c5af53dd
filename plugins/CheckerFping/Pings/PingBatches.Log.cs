using Microsoft.Extensions.Logging;

namespace Mandos.CheckerFping.Pings;

internal sealed partial class PingBatches
{
    [LoggerMessage(5001, LogLevel.Warning,
        "“{Program}” cannot ping many hosts at once: {Reason}; each host has a run of its own, which costs more; this is not told again")]
    private static partial void LogSuspended(ILogger logger, string program, string reason);

    [LoggerMessage(5002, LogLevel.Error, "A run of fping with many hosts went wrong; each host has a run of its own")]
    private static partial void LogFault(ILogger logger, Exception exception);
}
