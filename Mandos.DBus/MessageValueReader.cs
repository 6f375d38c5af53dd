namespace Mandos.DBus;

/// <summary>Reads what a call wants to know out of its reply; on the connection's thread.</summary>
/// <typeparam name="T">What it reads.</typeparam>
/// <param name="message">The reply, readable until the reader returns.</param>
/// <param name="state">What was given with the reader.</param>
public delegate T MessageValueReader<T>(Message message, object? state);
