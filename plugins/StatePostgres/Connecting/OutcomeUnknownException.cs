namespace Mandos.StatePostgres.Connecting;

/// <summary>A commit did not come back clean and in time: it may be done, now or later, and last or not.</summary>
/// <param name="message">Where and why, in a line.</param>
internal sealed class OutcomeUnknownException(string message) : Exception(message);
