using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A client is gone, or gets another key: then <see cref="ClientAdded"/> follows.</summary>
/// <param name="Client">The client as it was last.</param>
/// <param name="Reason">Why.</param>
public sealed record ClientRemoved(ClientSnapshot Client, RemovalReason Reason) : ClientEvent(Client);
