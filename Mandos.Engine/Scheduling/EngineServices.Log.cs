using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Scheduling;

internal sealed partial class EngineServices
{
    [LoggerMessage(1704, LogLevel.Error, "Not waiting longer than {Seconds} s for {What}")]
    private partial void LogSlow(string what, double seconds);

    [LoggerMessage(1717, LogLevel.Warning,
        "The server did not run for {Seconds:F0} s or more: stopped, frozen, or its machine overloaded. This time does not count as the clients' silence")]
    private partial void LogGap(double seconds);
}
