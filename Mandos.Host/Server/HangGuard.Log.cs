using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class HangGuard
{
    [LoggerMessage(3226, LogLevel.Warning, "The kernel provides no timer, so nothing ends this server if it is stopped or frozen: {Reason}")]
    private partial void LogNoTimer(string reason);
}
