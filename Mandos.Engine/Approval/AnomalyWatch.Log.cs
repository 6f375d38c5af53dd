using Mandos.Engine.Auditing;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Approval;

internal sealed partial class AnomalyWatch
{
    [LoggerMessage(1309, LogLevel.Information, "Audit: {Record}")]
    private partial void LogRecord(AnomalyRecord record);
}
