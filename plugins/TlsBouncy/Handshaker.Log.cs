using Microsoft.Extensions.Logging;

namespace Mandos.TlsBouncy;

internal sealed partial class Handshaker
{
    [LoggerMessage(4000, LogLevel.Debug, "TLS is warmed up after {Milliseconds:F0} ms")]
    private partial void LogWarm(double milliseconds);
}
