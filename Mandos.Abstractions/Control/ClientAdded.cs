using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A client appeared.</summary>
/// <param name="Client">The client right after it.</param>
public sealed record ClientAdded(ClientSnapshot Client) : ClientEvent(Client);
