namespace Mandos.Abstractions.Control;

/// <summary>Something cannot be done with an invitation: there is none, there is one already, or it cannot be kept. Nothing was changed.</summary>
/// <param name="message">One line that says why, and how to go on.</param>
public sealed class InvitationException(string message) : Exception(message);
