using Microsoft.Extensions.Logging;

namespace Mandos.Host.Daemon;

internal sealed partial class PidFile
{
    [LoggerMessage(3200, LogLevel.Error, "Cannot write the PID file {Path}: {Reason}; going on without")]
    private static partial void LogNotWritten(ILogger logger, string path, string reason);
}
