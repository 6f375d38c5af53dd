namespace Mandos.DBus;

/// <summary>Takes a message that a match rule let through; on the connection's thread, in the order of arrival.</summary>
/// <param name="message">The message, readable until the handler returns.</param>
/// <param name="state">What was given with the handler.</param>
public delegate void MessageHandler(Message message, object? state);
