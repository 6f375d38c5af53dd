using Mandos.Host.Configuration;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class MandosServer
{
    [LoggerMessage(3100, LogLevel.Information, "{Note}")]
    private partial void LogNote(ConfigProblem note);

    [LoggerMessage(3112, LogLevel.Warning, "{Warning}")]
    private partial void LogWarning(ConfigProblem warning);

    [LoggerMessage(2051, LogLevel.Warning, "{Note}")]
    private partial void LogAbsentPlugin(ConfigProblem note);

    [LoggerMessage(3220, LogLevel.Critical, "Ended, because {Fault}")]
    private partial void LogEnded(string fault);

    [LoggerMessage(3229, LogLevel.Critical,
        "Ended without saving everything, so that the next start takes clients as they were before ({Unsaved})")]
    private partial void LogNotSaved(string unsaved);
}
