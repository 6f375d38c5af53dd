using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>The client was sent its secret.</summary>
/// <param name="Client">The client right after it.</param>
public sealed record GotSecret(ClientSnapshot Client) : ClientEvent(Client);
