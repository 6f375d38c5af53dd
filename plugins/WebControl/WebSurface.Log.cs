using Microsoft.Extensions.Logging;

namespace Mandos.WebControl;

public sealed partial class WebSurface
{
    [LoggerMessage(4500, LogLevel.Information, "At socket {Socket}")]
    private static partial void LogServing(ILogger logger, string socket);
}
