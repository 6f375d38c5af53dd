using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Serving;

internal sealed partial class Dispatcher
{
    [LoggerMessage(4510, LogLevel.Error, "{Method} {Template} failed: {Type}: {Reason}")]
    private partial void LogFault(string method, string template, string type, string reason);
}
