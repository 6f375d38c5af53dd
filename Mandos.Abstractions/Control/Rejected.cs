using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A connection of the client was refused.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Request">The connection, whether it waited for approval or not.</param>
/// <param name="Reason">Why.</param>
public sealed record Rejected(ClientSnapshot Client, SecretRequest Request, RejectionReason Reason) : ClientEvent(Client);
