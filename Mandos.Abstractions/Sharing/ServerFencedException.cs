namespace Mandos.Abstractions.Sharing;

/// <summary>Another server has taken this one's place, or a person has removed it: it must not release any secret more, and stops.</summary>
/// <param name="message">One line that names the server and says what happened.</param>
public sealed class ServerFencedException(string message) : Exception(message);
