namespace Mandos.Abstractions.Tls;

/// <summary>A priority string is malformed, or no handshake can succeed under it.</summary>
/// <param name="message">One line that says what is wrong and what is allowed.</param>
public sealed class PriorityStringException(string message) : Exception(message);
