using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Approval;

/// <summary>Decides who gets a secret and when: the only place that hands one out. Used on the engine loop alone.</summary>
internal sealed partial class ApprovalDesk(
    EngineClock clock, DeadlineQueue deadlines, ClientRegistry clients, ClientJournal journal, ExpirySchedule expiry,
    EventHub events, ILogger logger)
{
    private readonly ILogger _logger = logger;
    private readonly HashSet<SecretRequest> _waiting = [];

    /// <summary>Opens the request of a peer that has proved to own a key.</summary>
    /// <param name="keyId">Its key ID or fingerprint.</param>
    /// <param name="address">Where it comes from.</param>
    /// <returns>The request, perhaps decided already; null if the key belongs to no client.</returns>
    public SecretRequest? Open(string keyId, IPAddress address)
    {
        if (clients.FindByKey(keyId) is not { } client)
        {
            if (events.HasSubscribers)
            {
                events.Publish(new ClientNotFound(keyId, address));
            }

            return null;
        }

        var request = new SecretRequest(client, keyId);
        ClientSettings settings = client.Settings;
        if (!IsEntitled(client))
        {
            Refuse(request, AuditReason.Disabled);
        }
        else if (client.Verdict is { } verdict)
        {
            DecideBy(verdict, request);
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
    public void Abandon(SecretRequest request, AuditReason reason)
    {
        if (request.Place is not null)
        {
            GiveUp(request, reason);
        }
    }

    /// <summary>Looks again at a request that was granted a while ago, and refuses it if the client may not have the secret any more.</summary>
    /// <returns>The secret as it is now, unless the request is refused.</returns>
    public RequestOutcome Confirm(SecretRequest request, AuditReason granted)
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
    public void Finish(SecretRequest request, bool sent)
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
    public void Approve(Client client, bool approved)
    {
        EndVerdict(client);
        if (client.Settings.ApprovalDuration > TimeSpan.Zero)
        {
            client.Verdict = approved;
            client.VerdictEnd ??= new Deadline(state => EndVerdict((Client)state), client);
            deadlines.Schedule(client.VerdictEnd, clock.After(client.Settings.ApprovalDuration));
        }

        LogVerdict(client.Name, approved ? "approved" : "denied");
        while (client.Waiting.First is { } first)
        {
            StopWaiting(first.Value);
            DecideBy(approved, first.Value);
        }
    }

    /// <summary>Takes an approval or denial back.</summary>
    public void EndVerdict(Client client)
    {
        client.Verdict = null;
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
        if (client.Verdict == true)
        {
            EndVerdict(client);
        }

        foreach (SecretRequest request in client.Waiting.Where(IsStranger).ToArray())
        {
            StopWaiting(request);
            Refuse(request, AuditReason.UnknownKey);
        }
    }

    /// <summary>Ends all waits because the server stops.</summary>
    public void AbandonAll()
    {
        foreach (SecretRequest request in _waiting.ToArray())
        {
            GiveUp(request, AuditReason.ServerStopping);
        }
    }

    private void GiveUp(SecretRequest request, AuditReason reason)
    {
        StopWaiting(request);
        EndPending(request);
        request.Decide(new RequestOutcome(null, reason));
    }

    private void Hold(SecretRequest request)
    {
        Client client = request.Client;
        ClientSettings settings = client.Settings;
        _waiting.Add(request);
        request.Place = client.Waiting.AddLast(request);
        request.WaitEnd = new Deadline(state => TimeOut((SecretRequest)state), request);
        request.IsPending = true;
        deadlines.Schedule(request.WaitEnd, clock.After(settings.ApprovalDelay));

        ClientSnapshot next = client.Snapshot with
        {
            LastApprovalRequest = clock.UtcNow,
            ApprovalsPending = client.Snapshot.ApprovalsPending + 1,
        };
        journal.Update(client, next, [
            .. next.ApprovalsPending == 1 ? [ClientProperty.ApprovalPending] : Array.Empty<ClientProperty>(),
            ClientProperty.LastApprovalRequest]);
        journal.Publish(client, state => new NeedApproval(state, settings.ApprovalDelay, settings.ApprovedByDefault));
        LogWaiting(client.Name);
    }

    private void TimeOut(SecretRequest request)
    {
        StopWaiting(request);
        DecideByDefault(request, AuditReason.ApprovalTimedOut);
    }

    private void StopWaiting(SecretRequest request)
    {
        if (request.Place is not { } place)
        {
            return;
        }

        request.Client.Waiting.Remove(place);
        request.Place = null;
        _waiting.Remove(request);
        if (request.WaitEnd is { } end)
        {
            deadlines.Cancel(end);
        }
    }

    private void DecideBy(bool verdict, SecretRequest request)
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

    private void DecideByDefault(SecretRequest request, AuditReason otherwise)
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

    private void Grant(SecretRequest request, AuditReason reason)
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
    private bool IsStranger(SecretRequest request) => clients.FindByKey(request.KeyId) != request.Client;

    private void Refuse(SecretRequest request, AuditReason reason)
    {
        Reject(request, reason);
        request.Decide(new RequestOutcome(null, reason));
    }

    private void Reject(SecretRequest request, AuditReason reason)
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

    private void EndPending(SecretRequest request)
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

    [LoggerMessage(1303, LogLevel.Information, "Client {Client}: waits for approval")]
    private partial void LogWaiting(string client);

    [LoggerMessage(1305, LogLevel.Information, "Client {Client}: {Verdict} by a person")]
    private partial void LogVerdict(string client, string verdict);
}
