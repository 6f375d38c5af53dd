namespace Mandos.Abstractions.Control;

/// <summary>A client cannot be added: another one has its name or a key of it, or something is kept under these. Nothing was changed.</summary>
/// <param name="message">One line that says who, and how to go on.</param>
public sealed class ClientExistsException(string message) : Exception(message);
