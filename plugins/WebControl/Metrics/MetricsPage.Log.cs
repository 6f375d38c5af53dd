using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Metrics;

internal sealed partial class MetricsPage
{
    [LoggerMessage(4590, LogLevel.Error, "Web: a metric cannot be read, and is left out: {Reason}")]
    private partial void LogNotRead(string reason);
}
