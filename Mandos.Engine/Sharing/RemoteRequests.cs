using System.Net;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Sharing;

/// <summary>Requests that wait for a person at other servers, and what is decided here about them. Used on the engine loop alone.</summary>
internal sealed class RemoteRequests(ISharedStateStore store, StoreCalls calls, Guid self)
{
    private SharedRequest[] _waiting = [];

    /// <summary>Takes up which requests wait at which servers.</summary>
    public void Update(IReadOnlyList<SharedRequest> requests)
        => _waiting = requests.Count == 0 ? [] : [.. requests.Where(request => request.Server != self && request.Verdict is null)];

    /// <summary>Decides what waits for a client elsewhere, as a person has decided here.</summary>
    /// <remarks>An approval is for one address, unless the client approves all: that of the requests here, or of all those elsewhere.</remarks>
    public void Decide(Client client, bool approved)
    {
        SharedRequest[] own = [.. _waiting.Where(request => request.Client == client.Name)];
        IPAddress[] addresses = client.ApprovedAddress is { } address ? [address]
            : [.. own.Select(static request => request.Request.Peer.Address).Distinct()];
        foreach (SharedRequest request in own)
        {
            if (!approved || client.Settings.ApproveAll || (addresses is [var only] && only.Equals(request.Request.Peer.Address)))
            {
                var verdict = new RequestVerdict(Guid.NewGuid(), request.Server, request.Request.Id, approved);
                calls.Call(token => store.DecideAsync(verdict, token), SharedKeeper.CallTime, static _ => { }, static _ => { });
            }
        }
    }
}
