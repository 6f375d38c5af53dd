using System.Net;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

internal sealed partial class ConnectionHandler
{
    [LoggerMessage(1600, LogLevel.Debug, "Connection from {Peer}")]
    private partial void LogConnected(IPEndPoint peer);

    [LoggerMessage(1601, LogLevel.Error, "Connection from {Peer}: unknown protocol version “{Line}”; this server speaks version 1")]
    private partial void LogUnknownVersion(IPEndPoint peer, string line);

    [LoggerMessage(EventId = 1602, Message = "Connection from {Peer}: {Reason}")]
    private partial void LogProtocol(LogLevel level, IPEndPoint peer, string reason);

    [LoggerMessage(1603, LogLevel.Warning, "Connection from {Peer}: TLS handshake failed: {Reason}")]
    private partial void LogHandshakeFailed(IPEndPoint peer, string reason);

    [LoggerMessage(1604, LogLevel.Warning, "Connection from {Peer} broke: {Reason}")]
    private partial void LogBroken(IPEndPoint peer, string reason);

    [LoggerMessage(1605, LogLevel.Warning, "Connection from {Peer} ended: {Reason}")]
    private partial void LogAborted(IPEndPoint peer, string reason);

    [LoggerMessage(1606, LogLevel.Error, "Connection from {Peer} ended by an unexpected error")]
    private partial void LogUnexpected(IPEndPoint peer, Exception exception);

    [LoggerMessage(1607, LogLevel.Debug, "Connection from {Peer}: handshake done: {Description}")]
    private partial void LogHandshake(IPEndPoint peer, string description);

    [LoggerMessage(1300, LogLevel.Information, "Client not found for key ID {KeyId}, from {Address}")]
    private partial void LogNotFound(string keyId, IPAddress address);

    [LoggerMessage(1608, LogLevel.Warning, "Connection from {Peer}: the secret of client {Client} could not be sent: {Reason}")]
    private partial void LogNotSent(IPEndPoint peer, string client, string reason);

    [LoggerMessage(1609, LogLevel.Debug, "Connection from {Peer} was not closed in order: {Reason}")]
    private partial void LogNotClosed(IPEndPoint peer, string reason);

    [LoggerMessage(1611, LogLevel.Warning, "Connection from {Peer}: what it sent on an invitation is refused: {Reason}")]
    private partial void LogInvitedRefused(IPEndPoint peer, string reason);

    [LoggerMessage(1612, LogLevel.Warning, "Connection from {Peer}: the invited “{Client}” has sent its section, which waits for mandos-ctl --accept or --reject ({Detail})")]
    private partial void LogInvitedTaken(IPEndPoint peer, string client, string detail);
}
