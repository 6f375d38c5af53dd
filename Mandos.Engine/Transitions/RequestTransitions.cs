using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Transitions;

/// <summary>
/// Every change of a request for a secret, and of what a person has said about such requests, with the events that it causes in their order.
/// Used on the engine loop alone.
/// </summary>
internal sealed partial class RequestTransitions(EngineServices services, ClientRegistry clients, ClientJournal journal)
{
    private readonly ILogger _logger = services.Logger;

    /// <summary>The requests that wait, by number.</summary>
    private readonly Dictionary<long, OpenRequest> _waiting = [];
    private int _forPerson;

    /// <summary>Those whose secrets were broken off on their way, and may still be written.</summary>
    private readonly HashSet<OpenRequest> _brokenOff = [];

    /// <summary>Whether a secret that was broken off may still be written.</summary>
    public bool AnyBrokenOff => _brokenOff.Count > 0;

    /// <summary>Is told when nothing more will be written of all that was broken off.</summary>
    public Action? AllBrokenOffEnded { get; set; }

    /// <summary>All requests that wait for approval.</summary>
    public IReadOnlyCollection<OpenRequest> Waiting => _waiting.Values;

    /// <summary>How many of them wait for a person. For any thread.</summary>
    public int WaitingForPerson => Volatile.Read(ref _forPerson);

    /// <summary>Whether a request waits.</summary>
    public bool Waits(long id) => _waiting.ContainsKey(id);

    /// <exception cref="UnknownRequestException">No such request waits.</exception>
    public OpenRequest GetWaiting(long id)
        => _waiting.TryGetValue(id, out OpenRequest? request) ? request : throw new UnknownRequestException(id);

    /// <summary>Has a request wait for approval.</summary>
    /// <param name="request">The request.</param>
    /// <param name="delay">How long it waits.</param>
    /// <param name="timeOut">Decides it when that is over.</param>
    /// <param name="isForPerson">Whether a person is told, and may approve; otherwise it waits for something else, though a person may decide then too.</param>
    public void Hold(OpenRequest request, TimeSpan delay, Action<OpenRequest> timeOut, bool isForPerson = true)
    {
        Client client = request.Client;
        ClientSettings settings = client.Settings;
        IPAddress[] others = client.WaitingAddresses();
        _waiting.Add(request.Description.Id, request);
        request.Place = client.Waiting.AddLast(request);
        request.WaitEnd = new Deadline(state => timeOut((OpenRequest)state), request);
        services.Deadlines.Schedule(request.WaitEnd, services.Clock.After(delay));
        if (!isForPerson)
        {
            journal.UpdateTransient(client, client.Snapshot with { Requests = Descriptions(client) }, ClientProperty.Requests);
            return;
        }

        request.IsPending = true;
        _forPerson++;
        ClientSnapshot next = client.Snapshot with
        {
            LastApprovalRequest = services.Clock.UtcNow,
            ApprovalsPending = client.Snapshot.ApprovalsPending + 1,
            Requests = Descriptions(client),
        };
        journal.Update(client, next, [
            .. next.ApprovalsPending == 1 ? [ClientProperty.ApprovalPending] : Array.Empty<ClientProperty>(),
            ClientProperty.LastApprovalRequest,
            ClientProperty.Requests]);
        bool approves = settings.ApprovedByDefault && !request.IsHeldForPerson && !request.IsStopped;
        journal.Publish(client, state => new NeedApproval(state, request.Description, delay, approves));
        LogWaiting(client.Name, request.Description.Id, request.Description.Peer);
        IPAddress address = request.Description.Peer.Address;
        if (others.Length > 0 && !others.Contains(address) && !settings.ApproveAll)
        {
            IPAddress[] addresses = [.. others, address];
            LogConflict(client.Name, string.Join(", ", addresses.AsEnumerable()));
            journal.Publish(client, state => new ConflictingRequests(state, addresses));
        }
    }

    /// <summary>Has a request that waits for approval wait no longer than for a time from now.</summary>
    public void WaitFor(OpenRequest request, TimeSpan time) => services.Deadlines.Schedule(request.WaitEnd!, services.Clock.After(time));

    /// <summary>Ends the wait of a request, which is decided next; does nothing if it does not wait.</summary>
    public void EndWait(OpenRequest request)
    {
        if (request.Place is not { } place)
        {
            return;
        }

        Client client = request.Client;
        client.Waiting.Remove(place);
        request.Place = null;
        _waiting.Remove(request.Description.Id);
        _forPerson -= request.IsPending ? 1 : 0;
        if (request.WaitEnd is { } end)
        {
            services.Deadlines.Cancel(end);
        }

        journal.UpdateTransient(client, client.Snapshot with { Requests = Descriptions(client) }, ClientProperty.Requests);
    }

    /// <summary>Notes that something says that another machine has the client's key too.</summary>
    /// <param name="request">The request at which it was noticed.</param>
    /// <param name="kind">What says so.</param>
    /// <param name="description">The same in a sentence.</param>
    public void NoteAnomaly(OpenRequest request, AnomalyKind kind, string description)
    {
        request.IsAnomalous = true;
        LogAnomaly(request.Client.Name, description, request.Description.Peer);
        journal.Publish(request.Client, state => new AnomalyNoticed(state, request.Description, kind, description));
    }

    /// <summary>Decides that a request gets the secret.</summary>
    public static void Grant(OpenRequest request, Outcome reason)
    {
        Client client = request.Client;
        (client.Granted ??= []).Add(request);
        request.Decide(new RequestOutcome(client.SecretFor(request.Description.KeyId).Borrow(), reason));
    }

    /// <summary>Breaks the connections to which a client's secret is on its way.</summary>
    /// <param name="client">The client.</param>
    /// <param name="why">Why, as “its client was …”.</param>
    /// <param name="keyId">The key that they came with; null: the client's present one.</param>
    public void AbortSends(Client client, string why, string? keyId = null) => Withdraw(
        client.Granted?.Where(request => request.IsBeingSent
            && (keyId is null ? !client.IsNextKey(request.Description.KeyId) : request.Description.KeyId == keyId)),
        null, why);

    /// <summary>Decides that a request gets nothing.</summary>
    public void Refuse(OpenRequest request, Outcome reason)
    {
        Reject(request, reason);
        request.Decide(new RequestOutcome(null, reason));
    }

    /// <summary>Notes that a request gets nothing, even if it was granted before.</summary>
    public void Reject(OpenRequest request, Outcome reason)
    {
        RejectionReason rejection = reason switch
        {
            Outcome.Denied or Outcome.Anomaly => RejectionReason.Denied,
            Outcome.ApprovalTimedOut or Outcome.NotApprovedByDefault => RejectionReason.ApprovalTimedOut,
            _ => RejectionReason.Disabled,
        };
        LogRejected(request.Client.Name, rejection);
        journal.Publish(request.Client, state => new Rejected(state, request.Description, rejection));
        End(request);
    }

    /// <summary>Ends the wait of a request of which nobody waits for the outcome any more.</summary>
    public void GiveUp(OpenRequest request, Outcome reason)
    {
        EndWait(request);
        End(request);
        request.Decide(new RequestOutcome(null, reason));
    }

    /// <summary>Notes that a request is over.</summary>
    public void End(OpenRequest request)
    {
        Client client = request.Client;
        client.Granted?.Remove(request);
        request.End();
        if (_brokenOff.Remove(request) && _brokenOff.Count == 0)
        {
            AllBrokenOffEnded?.Invoke();
        }

        if (!request.IsPending)
        {
            return;
        }

        request.IsPending = false;
        ClientSnapshot next = client.Snapshot with { ApprovalsPending = client.Snapshot.ApprovalsPending - 1 };
        journal.UpdateTransient(client, next, next.ApprovalsPending == 0 ? [ClientProperty.ApprovalPending] : []);
    }

    /// <summary>Refuses everything that waits for a client that is disabled or removed now, and takes back what was granted.</summary>
    public void RefuseAll(Client client, Outcome reason)
    {
        while (client.Waiting.First is { } first)
        {
            EndWait(first.Value);
            Refuse(first.Value, reason);
        }

        Withdraw(client.Granted, reason, reason == Outcome.Removed ? "its client was removed" : "its client was disabled");
    }

    /// <summary>
    /// Handles a client whose key is another one now: connections that wait with the old key get nothing, and an approval was not for the new one.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="keepsApproval">Whether it is the same machine, so that an approval is for it still.</param>
    public void RefuseStrangers(Client client, bool keepsApproval = false)
    {
        if (!keepsApproval)
        {
            EndApproval(client);
        }

        foreach (OpenRequest request in client.Waiting.Where(IsStranger).ToArray())
        {
            EndWait(request);
            Refuse(request, Outcome.UnknownKey);
        }

        Withdraw(client.Granted?.Where(IsStranger), Outcome.UnknownKey, "its client has another key");
    }

    /// <summary>Whether a reload, or a promotion, has taken the peer's key from the client.</summary>
    public bool IsStranger(OpenRequest request) => clients.FindByKey(request.Description.KeyId) != request.Client;

    /// <summary>Has an approval or denial hold for the client's approval duration, in place of the one before.</summary>
    /// <param name="client">The client.</param>
    /// <param name="verdict">True for an approval.</param>
    /// <param name="isForAll">Whether an approval is for all addresses; otherwise it is for the address of the first that waits, or that comes.</param>
    public void SetVerdict(Client client, bool verdict, bool isForAll)
    {
        bool wasDenied = client.DeniedUntil is not null;
        EndVerdict(client);
        client.DenialEnded = verdict ? null : services.Clock.Now; // it is for what waits now, however short
        if (client.Settings.ApprovalDuration > TimeSpan.Zero)
        {
            HoldVerdict(client, verdict, client.Settings.ApprovalDuration);
            client.ApprovedAddress = isForAll ? null : client.Waiting.First?.Value.Description.Peer.Address;
        }

        if (wasDenied || client.DeniedUntil is not null)
        {
            journal.Update(client, client.Snapshot);
        }

        LogVerdict(client.Name, verdict ? "approved" : "denied");
        if (!verdict)
        {
            Withdraw(client.Granted, Outcome.Denied, "its client was denied");
        }
    }

    /// <summary>Has a denial hold on that was in force before the client was loaded.</summary>
    public void RestoreDenial(Client client, TimeSpan left) => HoldVerdict(client, false, left);

    /// <summary>Has an approval or denial hold that was given at another server.</summary>
    /// <param name="client">The client.</param>
    /// <param name="verdict">True for an approval.</param>
    /// <param name="left">How long it holds.</param>
    /// <param name="address">The address that an approval is for; null: the first that comes, or all.</param>
    public void TakeVerdict(Client client, bool verdict, TimeSpan left, IPAddress? address)
    {
        EndVerdict(client);
        client.DenialEnded = verdict ? null : services.Clock.Now;
        HoldVerdict(client, verdict, left);
        client.ApprovedAddress = address;
        journal.Update(client, client.Snapshot);
        if (!verdict)
        {
            Withdraw(client.Granted, Outcome.Denied, "its client was denied");
        }
    }

    /// <summary>Takes back what was granted before a denial ended that was given at another server.</summary>
    /// <param name="client">The client.</param>
    /// <param name="end">When it ended, by the engine's clock.</param>
    public void TakeEndedDenial(Client client, TimeSpan end)
    {
        EndVerdict(client);
        client.DenialEnded = end;
        Withdraw(client.Granted?.Where(request => request.Opened <= end), Outcome.Denied, "its client was denied");
    }

    /// <summary>Whether an approval in force is for an address. One that was given before anybody came is for the first who does.</summary>
    public static bool TakeApproval(Client client, IPAddress address)
    {
        if (client.Verdict != true)
        {
            return false;
        }

        if (client.Settings.ApproveAll)
        {
            return true;
        }

        client.ApprovedAddress ??= address;
        return client.ApprovedAddress.Equals(address);
    }

    /// <summary>Takes an approval back; a denial stays.</summary>
    public void EndApproval(Client client)
    {
        if (client.Verdict == true)
        {
            EndVerdict(client);
        }
    }

    /// <summary>Takes an approval or denial back.</summary>
    public void EndVerdict(Client client)
    {
        (client.Verdict, client.ApprovedAddress, client.DeniedUntil) = (null, null, null);
        if (client.VerdictEnd is { } end)
        {
            services.Deadlines.Cancel(end);
        }
    }

    private void LetVerdictEnd(Client client)
    {
        client.DenialEnded = client.Verdict == false ? services.Clock.Now : client.DenialEnded;
        EndVerdict(client);
    }

    private void HoldVerdict(Client client, bool verdict, TimeSpan time)
    {
        client.Verdict = verdict;
        client.DeniedUntil = verdict ? null : EngineClock.Add(services.Clock.UtcNow, time);
        client.VerdictEnd ??= new Deadline(state => LetVerdictEnd((Client)state), client);
        services.Deadlines.Schedule(client.VerdictEnd, services.Clock.After(time));
    }

    /// <summary>
    /// Takes back what was granted. A request at the gates is refused when they have agreed, even if the client may have its secret again by
    /// then; a secret that is on its way is broken off.
    /// </summary>
    private void Withdraw(IEnumerable<OpenRequest>? granted, Outcome? reason, string why)
    {
        foreach (OpenRequest request in granted ?? [])
        {
            if (request.IsAtGates)
            {
                request.Withdrawn ??= reason;
            }
            else
            {
                request.Abort(why);
                _brokenOff.Add(request);
            }
        }
    }

    private static SecretRequest[] Descriptions(Client client) => [.. client.Waiting.Select(static request => request.Description)];
}
