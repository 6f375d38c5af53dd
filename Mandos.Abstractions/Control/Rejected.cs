using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A connection of the client was refused.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Reason">Why.</param>
public sealed record Rejected(ClientSnapshot Client, RejectionReason Reason) : ClientEvent(Client);
