using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>A command is for a client that does not exist, or not any more.</summary>
/// <param name="client">The client given.</param>
public sealed class UnknownClientException(ClientReference client) : Exception(
    client.Id is null ? $"there is no client named “{client.Name}”"
        : $"the client “{client.Name}” that was meant is gone; if there is one of its name now, it is another")
{
    /// <summary>The name given.</summary>
    public string ClientName { get; } = client.Name;
}
