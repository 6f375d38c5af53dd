using Microsoft.Extensions.Logging;

namespace Mandos.StatePostgres;

/// <content>Event ids 6220 to 6239.</content>
public sealed partial class PostgresStateStore
{
    [LoggerMessage(6220, LogLevel.Information, "registered at the shared store as {Name} ({Id})")]
    private partial void LogJoined(string name, Guid id);

    [LoggerMessage(6221, LogLevel.Warning, "this server stays registered as {Name} at the shared store, so that others wait for it until it starts again: {Reason}")]
    private partial void LogNotLeft(string name, string reason);

    [LoggerMessage(6222, LogLevel.Warning, "it is not known yet whether a command was committed: {Reason}")]
    private partial void LogUnknown(string reason);
}
