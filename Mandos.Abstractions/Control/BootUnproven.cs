using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>
/// The client has another key, secret or host than when it got its secret last, so that nobody knows whether it can boot. It is told once for each such
/// change; a client that is new is unproven too, and <see cref="ClientAdded"/> tells of it.
/// </summary>
/// <param name="Client">The client right after it.</param>
public sealed record BootUnproven(ClientSnapshot Client) : ClientEvent(Client);
