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
    EngineClock clock, DeadlineQueue deadlines, ClientRegistry clients, ClientJournal journal, ExpirySchedule expiry,
    EventHub events, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>The requests that wait, by number.</summary>
    private readonly Dictionary<long, OpenRequest> _waiting = [];
    private long _lastId;

    /// <summary>Opens the request of a peer that has proved to own a key.</summary>
    /// <param name="keyId">Its key ID or fingerprint.</param>
    /// <param name="peer">Where it comes from.</param>
    /// <returns>The request, perhaps decided already; null if the key belongs to no client.</returns>
    public OpenRequest? Open(string keyId, IPEndPoint peer)
    {
        if (clients.FindByKey(keyId) is not { } client)
        {
            if (events.HasSubscribers)
            {
                events.Publish(new ClientNotFound(keyId, peer.Address));
            }

            return null;
        }

        var request = new OpenRequest(client, new SecretRequest(++_lastId, peer, keyId, clock.UtcNow));
        ClientSettings settings = client.Settings;
        if (!IsEntitled(client))
        {
            Refuse(request, AuditReason.Disabled);
        }
        else if (client.Verdict == false)
        {
            Refuse(request, AuditReason.Denied);
        }
        else if (client.Verdict == true && IsApproved(client, peer.Address))
        {
            Grant(request, AuditReason.Approved);
        }
        else if (settings.ApprovalDelay <= TimeSpan.Zero)
        {
            DecideByDefault(request, AuditReason.NotApprovedByDefault);
        }
        else
        {
            Hold(request);
        }

        return request;
    }

    /// <summary>Ends a wait because nobody waits any more; does nothing if the request is decided.</summary>
    public void Abandon(OpenRequest request, AuditReason reason)
    {
        if (request.Place is not null)
        {
            GiveUp(request, reason);
        }
    }

    /// <summary>Looks again at a request that was granted a while ago, and refuses it if the client may not have the secret any more.</summary>
    /// <returns>The secret as it is now, unless the request is refused.</returns>
    public RequestOutcome Confirm(OpenRequest request, AuditReason granted)
    {
        Client client = request.Client;
        AuditReason? refused = client.IsRemoved ? AuditReason.Removed
            : IsStranger(request) ? AuditReason.UnknownKey
            : !IsEntitled(client) ? AuditReason.Disabled
            : client.Verdict == false ? AuditReason.Denied
            : null;
        if (refused is not { } reason)
        {
            return new RequestOutcome(client.Secret.Borrow(), granted);
        }

        Reject(request, reason);
        return new RequestOutcome(null, reason);
    }

    /// <summary>Notes what became of a secret that was handed out.</summary>
    public void Finish(OpenRequest request, bool sent)
    {
        Client client = request.Client;
        if (sent)
        {
            LogSent(client.Name);
            if (client.Snapshot.Enabled && !client.IsRemoved)
            {
                journal.Update(client, expiry.Set(client, client.Snapshot, client.Settings.ExtendedTimeout), ClientProperty.Expires);
            }

            journal.Publish(client, static state => new GotSecret(state));
        }

        EndPending(request);
    }

    /// <summary>Approves or denies what waits now and what comes within the client's approval duration.</summary>
    /// <exception cref="ConflictingRequestsException">Requests from different addresses wait, and not all are to be approved.</exception>
    public void Approve(Client client, bool approved)
    {
        bool isForAll = !approved || client.Settings.ApproveAll;
        if (!isForAll && AddressesOf(client) is { Length: > 1 } addresses)
        {
            throw new ConflictingRequestsException(client.Name, addresses);
        }

        bool wasDenied = client.DeniedUntil is not null;
        EndVerdict(client);
        if (client.Settings.ApprovalDuration > TimeSpan.Zero)
        {
            HoldVerdict(client, approved, client.Settings.ApprovalDuration);
            client.ApprovedAddress = isForAll ? null : client.Waiting.First?.Value.Description.Peer.Address;
        }

        if (wasDenied || client.DeniedUntil is not null)
        {
            journal.Update(client, client.Snapshot);
        }

        LogVerdict(client.Name, approved ? "approved" : "denied");
        while (client.Waiting.First is { } first)
        {
            StopWaiting(first.Value);
            DecideBy(approved, first.Value);
        }
    }

    /// <summary>Approves or denies one request that waits, and nothing else.</summary>
    /// <exception cref="UnknownRequestException">It does not wait.</exception>
    public void Decide(long requestId, bool approved)
    {
        if (!_waiting.TryGetValue(requestId, out OpenRequest? request))
        {
            throw new UnknownRequestException(requestId);
        }

        LogDecision(request.Client.Name, requestId, request.Description.Peer, approved ? "approved" : "denied");
        StopWaiting(request);
        DecideBy(approved, request);
    }

    /// <summary>Takes an approval back; a denial stays.</summary>
    public void EndApproval(Client client)
    {
        if (client.Verdict == true)
        {
            EndVerdict(client);
        }
    }

    /// <summary>Has an approval or denial hold for a while.</summary>
    public void HoldVerdict(Client client, bool verdict, TimeSpan time)
    {
        client.Verdict = verdict;
        client.DeniedUntil = verdict ? null : EngineClock.Add(clock.UtcNow, time);
        client.VerdictEnd ??= new Deadline(state => EndVerdict((Client)state), client);
        deadlines.Schedule(client.VerdictEnd, clock.After(time));
    }

    /// <summary>Takes an approval or denial back.</summary>
    public void EndVerdict(Client client)
    {
        (client.Verdict, client.ApprovedAddress, client.DeniedUntil) = (null, null, null);
        if (client.VerdictEnd is { } end)
        {
            deadlines.Cancel(end);
        }
    }

    /// <summary>Refuses everything that waits for a client that is disabled or removed now.</summary>
    public void RefuseAll(Client client, AuditReason reason)
    {
        while (client.Waiting.First is { } first)
        {
            StopWaiting(first.Value);
            Refuse(first.Value, reason);
        }
    }

    /// <summary>
    /// Sees to a client whose key is another one now: who waits with the old one gets nothing, and an approval was not for the new one.
    /// </summary>
    public void KeyChanged(Client client)
    {
        EndApproval(client);
        foreach (OpenRequest request in client.Waiting.Where(IsStranger).ToArray())
        {
            StopWaiting(request);
            Refuse(request, AuditReason.UnknownKey);
        }
    }

    /// <summary>Ends all waits because the server stops.</summary>
    public void AbandonAll()
    {
        foreach (OpenRequest request in _waiting.Values.ToArray())
        {
            GiveUp(request, AuditReason.ServerStopping);
        }
    }

    private void GiveUp(OpenRequest request, AuditReason reason)
    {
        StopWaiting(request);
        EndPending(request);
        request.Decide(new RequestOutcome(null, reason));
    }

    private void Hold(OpenRequest request)
    {
        Client client = request.Client;
        ClientSettings settings = client.Settings;
        IPAddress[] others = AddressesOf(client);
        _waiting.Add(request.Description.Id, request);
        request.Place = client.Waiting.AddLast(request);
        request.WaitEnd = new Deadline(state => TimeOut((OpenRequest)state), request);
        request.IsPending = true;
        deadlines.Schedule(request.WaitEnd, clock.After(settings.ApprovalDelay));

        ClientSnapshot next = client.Snapshot with
        {
            LastApprovalRequest = clock.UtcNow,
            ApprovalsPending = client.Snapshot.ApprovalsPending + 1,
            Requests = Descriptions(client),
        };
        journal.Update(client, next, [
            .. next.ApprovalsPending == 1 ? [ClientProperty.ApprovalPending] : Array.Empty<ClientProperty>(),
            ClientProperty.LastApprovalRequest,
            ClientProperty.Requests]);
        journal.Publish(client, state => new NeedApproval(state, settings.ApprovalDelay, settings.ApprovedByDefault));
        LogWaiting(client.Name, request.Description.Id, request.Description.Peer);
        IPAddress address = request.Description.Peer.Address;
        if (others.Length > 0 && !others.Contains(address) && !settings.ApproveAll)
        {
            IPAddress[] addresses = [.. others, address];
            LogConflict(client.Name, string.Join(", ", addresses.AsEnumerable()));
            journal.Publish(client, state => new ConflictingRequests(state, addresses));
        }
    }

    /// <summary>The different addresses from which requests wait, in the order in which they came.</summary>
    private static IPAddress[] AddressesOf(Client client)
        => [.. client.Waiting.Select(static request => request.Description.Peer.Address).Distinct()];

    private static SecretRequest[] Descriptions(Client client) => [.. client.Waiting.Select(static request => request.Description)];

    /// <summary>Whether an approval in force is for an address. One that was given before anybody came is for the first who does.</summary>
    private static bool IsApproved(Client client, IPAddress address)
    {
        if (client.Settings.ApproveAll)
        {
            return true;
        }

        client.ApprovedAddress ??= address;
        return client.ApprovedAddress.Equals(address);
    }

    private void TimeOut(OpenRequest request)
    {
        StopWaiting(request);
        DecideByDefault(request, AuditReason.ApprovalTimedOut);
    }

    private void StopWaiting(OpenRequest request)
    {
        if (request.Place is not { } place)
        {
            return;
        }

        Client client = request.Client;
        client.Waiting.Remove(place);
        request.Place = null;
        _waiting.Remove(request.Description.Id);
        if (request.WaitEnd is { } end)
        {
            deadlines.Cancel(end);
        }

        journal.UpdateTransient(client, client.Snapshot with { Requests = Descriptions(client) }, ClientProperty.Requests);
    }

    private void DecideBy(bool verdict, OpenRequest request)
    {
        if (verdict)
        {
            Grant(request, AuditReason.Approved);
        }
        else
        {
            Refuse(request, AuditReason.Denied);
        }
    }

    private void DecideByDefault(OpenRequest request, AuditReason otherwise)
    {
        if (request.Client.Settings.ApprovedByDefault)
        {
            Grant(request, AuditReason.ApprovedByDefault);
        }
        else
        {
            Refuse(request, otherwise);
        }
    }

    private void Grant(OpenRequest request, AuditReason reason)
    {
        Client client = request.Client;
        if (!IsEntitled(client) || IsStranger(request))
        {
            Refuse(request, IsStranger(request) ? AuditReason.UnknownKey : AuditReason.Disabled);
            return;
        }

        request.Decide(new RequestOutcome(client.Secret.Borrow(), reason));
    }

    /// <summary>Whether a client may get its secret at all. Its expiry counts even where the timer is late to disable it.</summary>
    private bool IsEntitled(Client client) => client.Snapshot.Enabled && !client.IsRemoved && !expiry.IsPast(client);

    /// <summary>Whether a reload has taken the peer's key from the client.</summary>
    private bool IsStranger(OpenRequest request) => clients.FindByKey(request.Description.KeyId) != request.Client;

    private void Refuse(OpenRequest request, AuditReason reason)
    {
        Reject(request, reason);
        request.Decide(new RequestOutcome(null, reason));
    }

    private void Reject(OpenRequest request, AuditReason reason)
    {
        RejectionReason rejection = reason switch
        {
            AuditReason.Denied => RejectionReason.Denied,
            AuditReason.ApprovalTimedOut or AuditReason.NotApprovedByDefault => RejectionReason.ApprovalTimedOut,
            _ => RejectionReason.Disabled,
        };
        LogRejected(request.Client.Name, rejection);
        journal.Publish(request.Client, state => new Rejected(state, rejection));
        EndPending(request);
    }

    private void EndPending(OpenRequest request)
    {
        if (!request.IsPending)
        {
            return;
        }

        request.IsPending = false;
        Client client = request.Client;
        ClientSnapshot next = client.Snapshot with { ApprovalsPending = client.Snapshot.ApprovalsPending - 1 };
        journal.UpdateTransient(client, next, next.ApprovalsPending == 0 ? [ClientProperty.ApprovalPending] : []);
    }

    [LoggerMessage(1301, LogLevel.Information, "Client {Client}: secret sent")]
    private partial void LogSent(string client);

    [LoggerMessage(1302, LogLevel.Warning, "Client {Client}: refused its secret: {Reason}")]
    private partial void LogRejected(string client, RejectionReason reason);

    [LoggerMessage(1303, LogLevel.Information, "Client {Client}: waits for approval, as request {Id} from {Peer}")]
    private partial void LogWaiting(string client, long id, IPEndPoint peer);

    [LoggerMessage(1305, LogLevel.Information, "Client {Client}: {Verdict} by a person")]
    private partial void LogVerdict(string client, string verdict);

    [LoggerMessage(1306, LogLevel.Warning,
        "Client {Client}: connections from different addresses wait for approval: {Addresses}; somebody else may have its key")]
    private partial void LogConflict(string client, string addresses);

    [LoggerMessage(1307, LogLevel.Information, "Client {Client}: request {Id} from {Peer} {Verdict} by a person")]
    private partial void LogDecision(string client, long id, IPEndPoint peer, string verdict);
}
