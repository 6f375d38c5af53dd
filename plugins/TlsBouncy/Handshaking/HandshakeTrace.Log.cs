using Microsoft.Extensions.Logging;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Handshaking;

internal sealed partial class HandshakeTrace
{
    [LoggerMessage(4001, LogLevel.Debug, "TLS handshake {Number}: received {Message}, {Bytes} bytes")]
    private partial void LogReceived(long number, string message, long bytes);

    [LoggerMessage(4002, LogLevel.Debug, "TLS handshake {Number}: the peer chose {Version}, {CipherSuite}")]
    private partial void LogChose(long number, ProtocolVersion version, string cipherSuite);

    [LoggerMessage(4003, LogLevel.Debug, "TLS handshake {Number}: the peer presents a key, {Key}")]
    private partial void LogPresented(long number, string key);

    [LoggerMessage(4004, LogLevel.Debug, "TLS handshake {Number}: complete after {Bytes} bytes, {Description}")]
    private partial void LogCompleted(long number, int bytes, string description);

    [LoggerMessage(4005, LogLevel.Debug, "TLS handshake {Number}: not completed: {Reason}")]
    private partial void LogFailed(long number, string reason);
}
