using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class SharedState
{
    [LoggerMessage(2104, LogLevel.Error, "No secrets are given any more, but to clients whose when_cut_off is hold or serve, because this server does not know what the other servers have decided; see the earlier messages about the shared store")]
    private partial void LogNoPermission();

    [LoggerMessage(2108, LogLevel.Warning, "Starting without the shared store. Until it answers, {Count} clients are known here, and no others get their secrets")]
    private partial void LogStartsWithout(int count);

    [LoggerMessage(2105, LogLevel.Critical, "This server gives no secrets any more: {Reason}")]
    private partial void LogFenced(string reason);

    [LoggerMessage(2106, LogLevel.Warning, "The clients in this server's files differ from those of: {Servers}")]
    private partial void LogFilesDiffer(string servers);

    [LoggerMessage(2107, LogLevel.Information, "The clients in this server's files are the same as the other servers' now")]
    private partial void LogFilesAgree();
}
