using Microsoft.Extensions.Logging;

namespace Mandos.Host.Probing;

internal sealed partial class ProbeListener
{
    [LoggerMessage(3231, LogLevel.Warning, "Nobody can ask this server for its health (mandos --probe) at {Path}: {Reason}")]
    private static partial void LogNotOpen(ILogger logger, string path, string reason);

    [LoggerMessage(3232, LogLevel.Error, "No further probe (mandos --probe) is answered: {Reason}")]
    private static partial void LogDied(ILogger logger, string reason);
}
