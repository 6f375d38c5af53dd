using System.Net;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

internal sealed partial class ConnectionTable
{
    [LoggerMessage(1500, LogLevel.Warning,
        "Connection from {Peer} refused: {OfAddress} connections from its address and {Total} in all, none of which can give way")]
    private partial void LogNoRoom(IPEndPoint peer, int ofAddress, int total);
}
