using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class ServerSignals
{
    [LoggerMessage(3102, LogLevel.Information, "Stopping, by {Signal}")]
    private partial void LogStopping(string signal);
}
