using Microsoft.Extensions.Logging;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Tells the debug log the steps of one handshake.</summary>
internal sealed partial class HandshakeTrace
{
    private static long _last;

    private readonly ILogger _logger;
    private readonly long _number = Interlocked.Increment(ref _last);

    private HandshakeTrace(ILogger logger) => _logger = logger;

    /// <summary>Begins to tell, if anybody listens.</summary>
    public static HandshakeTrace? Begin(ILogger logger) => logger.IsEnabled(LogLevel.Debug) ? new(logger) : null;

    /// <summary>A message has come.</summary>
    /// <param name="type">Its type (RFC 8446 section 4).</param>
    /// <param name="bytes">Its length with the header.</param>
    public void Received(short type, long bytes) => LogReceived(_number, HandshakeType.GetName(type), bytes);

    /// <summary>The peer has answered.</summary>
    public void Chose(PeerChoice choice) => LogChose(_number, choice.Version, choice.CipherSuiteName);

    /// <summary>The peer has presented a key.</summary>
    public void Presented(string key) => LogPresented(_number, key);

    /// <summary>The handshake is complete.</summary>
    public void Completed(string description, int bytes) => LogCompleted(_number, bytes, description);

    /// <summary>The handshake has ended otherwise.</summary>
    public void Failed(Exception cause) => LogFailed(_number, cause.Message);
}
