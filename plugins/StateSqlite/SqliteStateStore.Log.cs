using Microsoft.Extensions.Logging;

namespace Mandos.StateSqlite;

/// <content>Event ids 6000 to 6099.</content>
public sealed partial class SqliteStateStore
{
    [LoggerMessage(6000, LogLevel.Information, "there was no state: created {File}")]
    private partial void LogCreated(string file);

    [LoggerMessage(6001, LogLevel.Warning, "{File} could be accessed by other users; its mode is now 0600")]
    private partial void LogTightened(string file);

    [LoggerMessage(6002, LogLevel.Information, "{File} was of version {From} and is now of version {To}")]
    private partial void LogMigrated(string file, int from, int to);

    [LoggerMessage(6003, LogLevel.Debug, "read {Count} clients from {File} in {Milliseconds:F0} ms")]
    private partial void LogLoaded(int count, string file, double milliseconds);

    [LoggerMessage(6004, LogLevel.Warning, "everything is saved, but the log beside {File} could not be moved into it: {Reason}")]
    private partial void LogCheckpointFailed(string file, string reason);

    [LoggerMessage(6005, LogLevel.Warning, "cannot close {File} in an orderly way; nothing that was saved is lost: {Reason}")]
    private partial void LogCloseFailed(string file, string reason);

    [LoggerMessage(6006, LogLevel.Warning,
        "the file system of {File} has no locks, so nothing keeps another server from using the same state: make sure that none does")]
    private partial void LogNoLocks(string file);

    [LoggerMessage(6007, LogLevel.Warning,
        "no room can be kept for changes of {File}, so that they cannot be saved once the disk is full; make room: {Reason}")]
    private partial void LogNoRoom(string file, string reason);
}
