namespace Mandos.Abstractions.Checking;

/// <summary>A client's settings do not make a check, for example a malformed <c>checker</c> option.</summary>
/// <param name="message">One line that says what is wrong and what would be right, fit for the log.</param>
public sealed class CheckPreparationException(string message) : Exception(message);
