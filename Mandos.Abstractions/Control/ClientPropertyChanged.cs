using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>One property of a client has a new value.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Property">Which property.</param>
public sealed record ClientPropertyChanged(ClientSnapshot Client, ClientProperty Property) : ClientEvent(Client);
