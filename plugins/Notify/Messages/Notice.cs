namespace Mandos.Notify.Messages;

/// <summary>An event with the message that tells of it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Client">Name of the client; null if it is about none.</param>
/// <param name="Message">Tells of it.</param>
internal sealed record Notice(EventKind Kind, string? Client, Message Message);
