using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

internal sealed partial class Acknowledgements
{
    [LoggerMessage(2109, LogLevel.Warning, "A command is committed, and not confirmed by: {Servers} (dead, cut off, or just started). It holds everywhere {Seconds:F1} s after its commit at the latest")]
    private partial void LogWaits(string servers, double seconds);
}
