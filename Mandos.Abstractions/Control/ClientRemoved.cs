using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A client is gone, or gets another key: then <see cref="ClientAdded"/> follows.</summary>
/// <param name="Client">The client as it was last.</param>
public sealed record ClientRemoved(ClientSnapshot Client) : ClientEvent(Client);
