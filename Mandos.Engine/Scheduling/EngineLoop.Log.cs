using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Scheduling;

internal sealed partial class EngineLoop
{
    [LoggerMessage(1000, LogLevel.Critical, "Unexpected error in the engine; the server goes on")]
    private partial void LogUnexpected(Exception exception);
}
