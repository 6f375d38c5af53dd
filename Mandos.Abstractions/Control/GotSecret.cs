using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>The client was sent its secret.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Request">The connection that got it, whether it waited for approval or not.</param>
public sealed record GotSecret(ClientSnapshot Client, SecretRequest Request) : ClientEvent(Client);
