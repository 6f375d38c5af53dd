using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A check began.</summary>
/// <param name="Client">The client right after it.</param>
/// <param name="Description">What is run.</param>
public sealed record CheckerStarted(ClientSnapshot Client, string Description) : ClientEvent(Client);
