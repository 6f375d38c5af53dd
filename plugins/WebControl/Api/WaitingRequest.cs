using System.Net.Sockets;
using Mandos.Abstractions.Clients;
using Mandos.WebControl.Unix;

namespace Mandos.WebControl.Api;

/// <summary>A request that waits, with the client whose key it has shown.</summary>
internal sealed record WaitingRequest(ClientSnapshot Client, SecretRequest Request)
{
    /// <summary>Where it comes from, without the zone.</summary>
    public string Address => ClientJson.Show(Request.Peer.Address);

    /// <summary>The network interface, for a link-local address; null if there is none to tell.</summary>
    public string? Interface => Request.Peer.Address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: > 0 and var index }
        ? NetworkInterfaceName.Of((uint)index) : null;

    /// <summary>
    /// Whether another one with its key waits from another address: two machines have the key, or one has two addresses.
    /// </summary>
    public bool IsKeyShared => Client.Requests.Any(other
        => other.Id != Request.Id && other.KeyId == Request.KeyId && !other.Peer.Address.Equals(Request.Peer.Address));

    /// <summary>How long it will wait, by the setting that its client has; null if that does not say.</summary>
    public TimeSpan? TimeLeft(DateTimeOffset now)
    {
        TimeSpan waited = now > Request.Since ? now - Request.Since : TimeSpan.Zero;
        return Client.Settings.ApprovalDelay > waited ? Client.Settings.ApprovalDelay - waited : null;
    }

    /// <summary>All that wait for some clients, oldest first.</summary>
    public static IReadOnlyList<WaitingRequest> Of(IEnumerable<ClientSnapshot> clients) =>
    [
        .. clients.Where(static client => client.Requests.Count > 0)
            .SelectMany(static client => client.Requests.Select(request => new WaitingRequest(client, request)))
            .OrderBy(static waiting => waiting.Request.Id),
    ];
}
