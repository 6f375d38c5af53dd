using Microsoft.Extensions.Logging;

namespace Mandos.WebControl;

public sealed partial class WebSurface
{
    [LoggerMessage(4500, LogLevel.Information, "Web: at socket {Socket}")]
    private static partial void LogServing(ILogger logger, string socket);
}
