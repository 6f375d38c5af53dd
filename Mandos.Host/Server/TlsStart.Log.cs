using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

internal sealed partial class TlsStart
{
    [LoggerMessage(3110, LogLevel.Warning, "TLS could not be warmed up, the first client is served more slowly: {Reason}")]
    private partial void LogNotWarm(string reason);

    [LoggerMessage(3114, LogLevel.Warning,
        "The priority string has “{Word}”, which is unknown and ignored: mandos --show-priority shows the rest")]
    private partial void LogUnknownPriority(string word);
}
