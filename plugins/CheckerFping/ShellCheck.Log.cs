using Microsoft.Extensions.Logging;

namespace Mandos.CheckerFping;

internal sealed partial class ShellCheck
{
    [LoggerMessage(5000, LogLevel.Warning,
        "Processes of a checker (process group {Group}) are still there {Time} after they were killed")]
    private static partial void LogProcessesRemain(ILogger logger, int group, TimeSpan time);
}
