using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>Something that happened to one client.</summary>
/// <param name="Client">The client right after it.</param>
public abstract record ClientEvent(ClientSnapshot Client) : ServerEvent;
