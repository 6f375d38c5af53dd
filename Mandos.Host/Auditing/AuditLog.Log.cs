using Microsoft.Extensions.Logging;

namespace Mandos.Host.Auditing;

internal sealed partial class AuditLog
{
    [LoggerMessage(3400, LogLevel.Error, "{Path}: cannot write the audit log: {Reason}; it is tried again, and its records are kept for now")]
    private partial void LogFailed(string path, string reason);

    [LoggerMessage(3401, LogLevel.Warning, "{Path}: the audit log is written again")]
    private partial void LogWorksAgain(string path);

    [LoggerMessage(3407, LogLevel.Warning,
        "{Path}: cannot keep {Size} KiB of room for the audit log: {Reason}; when the disk is full, no secret goes out")]
    private partial void LogNoReserve(string path, long size, string reason);

    [LoggerMessage(3402, LogLevel.Error, "{Path}: cannot open the audit log again: {Reason}; the former file stays in use")]
    private partial void LogNotReopened(string path, string reason);

    [LoggerMessage(3403, LogLevel.Error, "{Path}: more than {Count} records wait to be written to the audit log; others are lost")]
    private partial void LogFull(string path, int count);

    [LoggerMessage(3404, LogLevel.Error, "{Path}: the last records could not be written to the audit log")]
    private partial void LogNotWritten(string path);

    [LoggerMessage(3405, LogLevel.Error, "{Path}: the last records are not written to the audit log yet, and the server does not wait longer")]
    private partial void LogNotDrained(string path);

    [LoggerMessage(3406, LogLevel.Warning, "{Path}: cannot give the audit log to user {User}: {Reason}; it may not be possible to open it again")]
    private partial void LogNotGiven(string path, uint user, string reason);
}
