using Microsoft.Extensions.Logging;

namespace Mandos.Notify;

public sealed partial class NotifySurface
{
    [LoggerMessage(4710, LogLevel.Warning, "plugins.yaml names Notify and gives it no target: nobody is told anything")]
    private partial void LogNobody();

    [LoggerMessage(4711, LogLevel.Debug, "Telling {Targets}")]
    private partial void LogTargets(string targets);

    [LoggerMessage(4712, LogLevel.Warning, "Events came faster than they could be read: some are told nobody")]
    private partial void LogEventsLost();
}
