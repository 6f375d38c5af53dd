using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class ServerRun
{
    [LoggerMessage(3103, LogLevel.Critical, "Stopping, because {Fault}")]
    private partial void LogDied(string fault);

    [LoggerMessage(3104, LogLevel.Error, "While stopping, {What} failed: {Reason}")]
    private partial void LogBadStop(string what, string reason);

    [LoggerMessage(3221, LogLevel.Warning, "Not waiting for {What} to end: a second signal came")]
    private partial void LogHurried(string what);
}
