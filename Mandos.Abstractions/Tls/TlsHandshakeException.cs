namespace Mandos.Abstractions.Tls;

/// <summary>A handshake failed by the peer's doing.</summary>
/// <param name="message">One line that says what the peer did and what would be right, fit for the log.</param>
/// <param name="innerException">The cause.</param>
public sealed class TlsHandshakeException(string message, Exception? innerException = null) : Exception(message, innerException);
