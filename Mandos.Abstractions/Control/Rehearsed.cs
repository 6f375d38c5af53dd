using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>The request came that is a rehearsal of the client's boot, and is over.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Request">The connection.</param>
/// <param name="Problem">Why it got no secret, in the words of the audit; null if it got it.</param>
public sealed record Rehearsed(ClientSnapshot Client, SecretRequest Request, string? Problem) : ClientEvent(Client);
