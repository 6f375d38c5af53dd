using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Approval;

/// <summary>Decides who gets a secret and when: the only place that hands one out. Used on the engine loop alone.</summary>
internal sealed partial class ApprovalDesk(
    EngineServices services, ClientRegistry clients, ClientTransitions transitions, RequestTransitions requests, AnomalyWatch anomalies, EventHub events)
{
    private readonly ILogger _logger = services.Logger;
    private long _lastId;

    /// <summary>How long a client waits at least for a person where only one can decide: perhaps the person has to come to the server.</summary>
    private static readonly TimeSpan _leastDelay = TimeSpan.FromMinutes(5);

    /// <summary>The keys that asked and belong to no client.</summary>
    public UnknownKeys Unknown { get; } = new(services.Clock);

    /// <summary>Whether a person has to decide about a client, whatever its settings say; null for nobody.</summary>
    public Predicate<Client>? HoldsForPerson { get; set; }

    /// <summary>Opens the request of a peer that has proved to own a key.</summary>
    /// <param name="keyId">Its key ID or fingerprint.</param>
    /// <param name="peer">Where it comes from.</param>
    /// <returns>The request, perhaps decided already; null if the key belongs to no client.</returns>
    public OpenRequest? Open(string keyId, IPEndPoint peer)
    {
        if (clients.FindByKey(keyId) is not { } client)
        {
            Unknown.Note(keyId, peer.Address);
            if (events.HasSubscribers)
            {
                events.Publish(new ClientNotFound(keyId, peer.Address));
            }

            return null;
        }

        var request = new OpenRequest(client, new SecretRequest(++_lastId, peer, keyId, services.Clock.UtcNow)) { Opened = services.Clock.Now };
        transitions.TakeRehearsal(request);
        if (IsRefusedAnyway(request))
        {
            return request;
        }

        anomalies.Look(request);
        foreach (OpenRequest other in client.Waiting.Where(AnomalyWatch.Refuses).ToArray())
        {
            requests.EndWait(other);
            requests.Refuse(other, Outcome.Anomaly);
        }

        request.IsHeldForPerson = HoldsForPerson?.Invoke(client) == true; // an approval may come while it waits for a check
        if (AnomalyWatch.Refuses(request) || !anomalies.Probe(request, Consider))
        {
            Consider(request);
        }

        return request;
    }

    /// <summary>Refuses a request of a client that gets nothing, whatever else is so.</summary>
    private bool IsRefusedAnyway(OpenRequest request)
    {
        Outcome? refused = !transitions.MayBeEntitled(request.Client) ? Outcome.Disabled
            : request.Client.Verdict == false ? Outcome.Denied
            : AnomalyWatch.Refuses(request) ? Outcome.Anomaly
            : null;
        if (refused is { } reason)
        {
            requests.Refuse(request, reason);
        }

        return refused is not null;
    }

    /// <summary>Decides a request, or has it wait for a person.</summary>
    private void Consider(OpenRequest request)
    {
        Client client = request.Client;
        if (IsRefusedAnyway(request))
        {
            return;
        }

        request.IsHeldForPerson = HoldsForPerson?.Invoke(client) == true;
        if (!request.IsHeldForPerson && RequestTransitions.TakeApproval(client, request.Description.Peer.Address))
        {
            Grant(request, Outcome.Approved);
        }
        else if (!request.IsHeldForPerson && !request.IsStopped && transitions.TakeReboot(request))
        {
            Grant(request, Outcome.ExpectedReboot);
        }
        else if (DelayOf(request) is { Ticks: > 0 } delay)
        {
            requests.Hold(request, delay, TimeOut);
        }
        else
        {
            DecideByDefault(request, Outcome.NotApprovedByDefault);
        }
    }

    /// <summary>How long a request waits for a person.</summary>
    private static TimeSpan DelayOf(OpenRequest request)
    {
        TimeSpan delay = request.Client.Settings.ApprovalDelay;
        return (request.IsHeldForPerson || request.IsStopped) && delay < _leastDelay ? _leastDelay : delay;
    }

    /// <summary>Ends a wait because nobody waits any more; does nothing if the request is decided.</summary>
    public void Abandon(OpenRequest request, Outcome reason)
    {
        if (request.Place is not null)
        {
            requests.GiveUp(request, reason);
        }
    }

    /// <summary>Looks again at a request that was granted a while ago, and refuses it if the client may not have the secret any more.</summary>
    /// <returns>The secret as it is now, unless the request is refused.</returns>
    public RequestOutcome Confirm(OpenRequest request, Outcome granted)
    {
        Client client = request.Client;
        Outcome? refused = request.Withdrawn ?? (client.IsRemoved ? Outcome.Removed
            : requests.IsStranger(request) ? Outcome.UnknownKey
            : !transitions.IsEntitled(client) ? Outcome.Disabled
            : client.Verdict == false ? Outcome.Denied
            : AnomalyWatch.Refuses(request) || (request.IsStopped && granted != Outcome.Approved) ? Outcome.Anomaly
            : null);
        if (refused is not { } reason)
        {
            request.IsAtGates = false;
            return new RequestOutcome(client.SecretFor(request.Description.KeyId).Borrow(), granted);
        }

        requests.Reject(request, reason);
        return new RequestOutcome(null, reason);
    }

    /// <summary>Notes what became of a secret that was handed out.</summary>
    public void Finish(OpenRequest request, bool sent)
    {
        if (sent)
        {
            transitions.SecretSent(request);
        }

        requests.End(request);
    }

    /// <summary>Tells how a rehearsal has gone, once its connection has ended.</summary>
    public void Rehearsed(OpenRequest request, Outcome outcome) => transitions.Rehearsed(request, outcome);

    /// <summary>Approves or denies what waits now and what comes within the client's approval duration.</summary>
    /// <exception cref="ConflictingRequestsException">Requests from different addresses wait, and the client has no approve_all.</exception>
    public void Approve(Client client, bool approved)
    {
        bool isForAll = !approved || client.Settings.ApproveAll;
        if (!isForAll && client.WaitingAddresses() is { Length: > 1 } addresses)
        {
            throw new ConflictingRequestsException(client.Name, addresses);
        }

        requests.SetVerdict(client, approved, isForAll);
        while (client.Waiting.First is { } first)
        {
            requests.EndWait(first.Value);
            DecideBy(approved, first.Value);
        }
    }

    /// <summary>Approves or denies what waits and what comes, as a person has done at another server.</summary>
    /// <param name="client">The client.</param>
    /// <param name="approved">True to approve, false to deny.</param>
    /// <param name="left">How long that holds.</param>
    /// <param name="address">The address that an approval is for; null: the first that comes, or all.</param>
    public void TakeVerdict(Client client, bool approved, TimeSpan left, IPAddress? address)
    {
        requests.TakeVerdict(client, approved, left, address);
        bool isForAll = !approved || client.Settings.ApproveAll;
        if (!isForAll && address is null && client.WaitingAddresses() is not [_])
        {
            return; // for the first to come, or for an unknown address
        }

        foreach (OpenRequest request in client.Waiting.ToArray())
        {
            if (isForAll || RequestTransitions.TakeApproval(client, request.Description.Peer.Address))
            {
                requests.EndWait(request);
                DecideBy(approved, request);
            }
        }
    }

    /// <summary>Denies what came before a denial ended that was given at another server, and of which this one learns late.</summary>
    /// <param name="client">The client.</param>
    /// <param name="end">When it ended, by the engine's clock.</param>
    public void TakeEndedDenial(Client client, TimeSpan end)
    {
        requests.TakeEndedDenial(client, end);
        foreach (OpenRequest request in client.Waiting.Where(request => request.Opened <= end).ToArray())
        {
            requests.EndWait(request);
            requests.Refuse(request, Outcome.Denied);
        }
    }

    /// <summary>Approves or denies one request that waits, and nothing else.</summary>
    /// <returns>The request.</returns>
    /// <exception cref="UnknownRequestException">It does not wait.</exception>
    public OpenRequest Decide(long requestId, bool approved)
    {
        OpenRequest request = requests.GetWaiting(requestId);
        LogDecision(request.Client.Name, requestId, request.Description.Peer, approved ? "approved" : "denied");
        requests.EndWait(request);
        DecideBy(approved, request);
        return request;
    }

    /// <summary>Sees for what waits a person has to decide now, and decides again what waits only because one had to, and need not any more.</summary>
    public void LookAgain()
    {
        foreach (OpenRequest request in requests.Waiting.Where(static request => request.IsPending).ToArray())
        {
            Client client = request.Client;
            bool wasHeld = request.IsHeldForPerson;
            request.IsHeldForPerson = HoldsForPerson?.Invoke(client) == true;
            if (!wasHeld || request.IsHeldForPerson)
            {
                continue;
            }

            TimeSpan left = DelayOf(request) - (services.Clock.Now - request.Opened);
            if (client.Verdict is true && RequestTransitions.TakeApproval(client, request.Description.Peer.Address))
            {
                requests.EndWait(request);
                Grant(request, Outcome.Approved);
            }
            else if (left > TimeSpan.Zero)
            {
                requests.WaitFor(request, left);
            }
            else
            {
                TimeOut(request);
            }
        }
    }

    /// <summary>Refuses what waits for clients that get nothing here while the server is cut off.</summary>
    public void TurnAway(Predicate<Client> which)
    {
        foreach (OpenRequest request in requests.Waiting.Where(request => which(request.Client)).ToArray())
        {
            requests.EndWait(request);
            requests.Refuse(request, Outcome.CutOff);
        }
    }

    /// <summary>Ends all waits because the server stops.</summary>
    public void AbandonAll()
    {
        foreach (OpenRequest request in requests.Waiting.ToArray())
        {
            requests.GiveUp(request, Outcome.ServerStopping);
        }
    }

    private void TimeOut(OpenRequest request)
    {
        requests.EndWait(request);
        DecideByDefault(request, Outcome.ApprovalTimedOut);
    }

    private void DecideBy(bool verdict, OpenRequest request)
    {
        if (verdict)
        {
            Grant(request, Outcome.Approved);
        }
        else
        {
            requests.Refuse(request, Outcome.Denied);
        }
    }

    private void DecideByDefault(OpenRequest request, Outcome otherwise)
    {
        if (request.Client.Settings.ApprovedByDefault && HoldsForPerson?.Invoke(request.Client) != true && !request.IsStopped)
        {
            Grant(request, Outcome.ApprovedByDefault);
        }
        else
        {
            requests.Refuse(request, otherwise);
        }
    }

    private void Grant(OpenRequest request, Outcome reason)
    {
        Client client = request.Client;
        if (!transitions.MayBeEntitled(client) || requests.IsStranger(request))
        {
            requests.Refuse(request, requests.IsStranger(request) ? Outcome.UnknownKey : Outcome.Disabled);
            return;
        }

        transitions.NoteGranted(request);
        RequestTransitions.Grant(request, reason);
    }
}
