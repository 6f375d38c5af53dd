namespace Mandos.Abstractions.Tls;

/// <summary>A priority string is malformed, or no handshake can succeed under it.</summary>
/// <param name="message">One line that says what is wrong and what is allowed.</param>
/// <param name="offset">Where in the string, in characters from 0; 0 if it is the whole.</param>
public sealed class PriorityStringException(string message, int offset = 0) : Exception(message)
{
    /// <summary>Where in the string, in characters from 0; 0 if it is the whole.</summary>
    public int Offset { get; } = offset;
}
