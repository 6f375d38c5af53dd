using Microsoft.Extensions.Logging;

namespace Mandos.CheckerFping.Processes;

internal sealed partial class ChildRunner
{
    [LoggerMessage(5000, LogLevel.Warning,
        "Processes of a checker (process group {Group}) are still there {Time} after they were killed")]
    private static partial void LogProcessesRemain(ILogger logger, int group, TimeSpan time);
}
