using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A client appeared, or has another key since the <see cref="ClientRemoved"/> before.</summary>
/// <param name="Client">The client right after it.</param>
public sealed record ClientAdded(ClientSnapshot Client) : ClientEvent(Client);
