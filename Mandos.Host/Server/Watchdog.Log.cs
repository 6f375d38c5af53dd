using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class Watchdog
{
    [LoggerMessage(3210, LogLevel.Critical, "The server does not answer its watchdog: {Reason}")]
    private partial void LogNoAnswer(string reason);

    [LoggerMessage(3211, LogLevel.Critical, "The server has hung for {Seconds} s: it ends, so that its clients go on to another server")]
    private partial void LogEnds(double seconds);
}
