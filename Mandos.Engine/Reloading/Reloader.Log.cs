using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Reloading;

internal sealed partial class Reloader
{
    [LoggerMessage(1800, LogLevel.Information,
        "Configuration re-read: {Count} clients, {Added} added, {Removed} removed, {Changed} changed")]
    private partial void LogReloaded(int count, int added, int removed, int changed);

    [LoggerMessage(1801, LogLevel.Error, "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(1802, LogLevel.Error,
        "The configuration was not taken up (problems above: {Count}); the one before stays in force")]
    private partial void LogNotReloaded(int count);
}
