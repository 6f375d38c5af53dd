using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Auditing;

internal sealed partial class CommandAudit
{
    [LoggerMessage(1905, LogLevel.Information, "Audit: {Record}")]
    private partial void LogRecord(CommandRecord record);
}
