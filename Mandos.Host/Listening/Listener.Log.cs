using System.Net;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

internal sealed partial class Listener
{
    [LoggerMessage(3010, LogLevel.Information, "Listening on address {Address}, port {Port}")]
    private partial void LogListening(IPAddress address, int port);

    [LoggerMessage(3011, LogLevel.Error, "Cannot accept a connection: {Reason}; trying again")]
    private partial void LogNotAccepted(string reason);

    [LoggerMessage(3012, LogLevel.Debug, "A connection was gone before it was served: {Reason}")]
    private partial void LogGone(string reason);
}
