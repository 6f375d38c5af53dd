using Mandos.Engine.Auditing;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

internal sealed partial class AuditTrail
{
    [LoggerMessage(1900, LogLevel.Information, "Audit: {Record}")]
    private partial void LogRecord(AuditRecord record);

    [LoggerMessage(1902, LogLevel.Information, "Audit: {Summary}")]
    private partial void LogSummary(AuditSummary summary);

    [LoggerMessage(EventId = 1903, Message = "{Count} more connections from {Source} in {Seconds} s: {Reason}")]
    private partial void LogMore(LogLevel level, long count, string source, long seconds, string reason);
}
