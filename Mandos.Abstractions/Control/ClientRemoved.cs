using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A client is gone.</summary>
/// <param name="Client">The client as it was last.</param>
public sealed record ClientRemoved(ClientSnapshot Client) : ClientEvent(Client);
