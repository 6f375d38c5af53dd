using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Transitions;

/// <summary>Reboots and rehearsals that are expected.</summary>
internal sealed partial class ClientTransitions
{
    /// <summary>Has a reboot of a client expected, or not any more.</summary>
    /// <exception cref="ClientDisabledException">The client is disabled, or has expired.</exception>
    public void ExpectReboot(Client client, RebootPlan plan)
    {
        if (plan.Time == TimeSpan.Zero)
        {
            if (client.RebootRequest is { IsGranted: true, IsAtGates: true } granted)
            {
                granted.Withdrawn ??= Outcome.Denied;
            }

            EndReboot(client, RebootEnding.TakenBack);
            return;
        }

        if (!IsEntitled(client))
        {
            throw new ClientDisabledException(client.Name);
        }

        var reboot = new ExpectedReboot(EngineClock.Add(_clock.UtcNow, plan.Time)) { Reason = plan.Reason, NeedsNoApproval = plan.NeedsNoApproval };
        ScheduleReboot(client, plan.Time);
        ClientSnapshot next = _expiry.Schedule(client, client.Snapshot with { ExpectedReboot = reboot });
        _journal.Update(client, next, [.. ExpiresOf(client, next), ClientProperty.ExpectedReboot]);
        LogRebootExpected(client.Name, reboot.Until, reboot.NeedsNoApproval ? ", without approval" : "", reboot.Reason ?? "none given");
        _journal.Publish(client, static state => new RebootExpected(state));
    }

    /// <summary>Whether a request needs no approval because a reboot is expected: one at a time, until one has got the secret.</summary>
    public bool TakeReboot(OpenRequest request)
    {
        Client client = request.Client;
        if (request.IsRehearsal || client.Snapshot.ExpectedReboot is not { NeedsNoApproval: true } reboot || reboot.Until <= _clock.UtcNow
            || !(client.RebootDue > _clock.Now) || client.RebootRequest is { IsGranted: true })
        {
            return false;
        }

        client.RebootRequest = request;
        return true;
    }

    /// <summary>Has the next request of a client reported as a rehearsal, or not any more.</summary>
    /// <param name="client">The client.</param>
    /// <param name="valid">How long from now; zero: not any more.</param>
    public void ExpectRehearsal(Client client, TimeSpan valid)
    {
        if (valid == TimeSpan.Zero)
        {
            EndRehearsal(client);
            return;
        }

        DateTimeOffset until = EngineClock.Add(_clock.UtcNow, valid);
        ScheduleRehearsal(client, valid);
        _journal.Update(client, client.Snapshot with { RehearsalUntil = until }, ClientProperty.RehearsalUntil);
        LogRehearsalExpected(client.Name, until);
    }

    /// <summary>Has a request be the rehearsal of its client, if one is expected.</summary>
    public void TakeRehearsal(OpenRequest request)
    {
        if (request.Client.Snapshot.RehearsalUntil is null)
        {
            return;
        }

        request.IsRehearsal = true;
        EndRehearsal(request.Client);
    }

    /// <summary>Tells how a rehearsal has gone.</summary>
    /// <param name="request">The request.</param>
    /// <param name="outcome">How its connection ended.</param>
    public void Rehearsed(OpenRequest request, Outcome outcome)
    {
        bool isSent = outcome.IsSent();
        if (isSent)
        {
            LogRehearsed(request.Client.Name, request.Description.Peer);
        }
        else
        {
            LogRehearsalFailed(request.Client.Name, request.Description.Peer, outcome.Phrase());
        }

        _journal.Publish(request.Client, state => new Rehearsed(state, request.Description, isSent ? null : outcome.Phrase()));
    }

    /// <summary>Takes up what is known of a client's last boots, unless its key, secret or host is another one by now.</summary>
    public void RestoreProof(Client client, StoredClient? saved)
    {
        RestoreTrial(client, saved);
        bool isProven = OnDue is null && client.Snapshot.ProvenAt is not null && saved is not null && BootProof.Fits(client, saved.Proof.Span);
        bool isTrial = OnDue is null && !isProven && saved is { Client.Rotation.TriedAt: not null } && BootProof.Fits(client, saved.TrialProof.Span);
        client.Proof = isProven ? saved!.Proof : isTrial ? saved!.TrialProof : default; // the files may have made its next key the present one
        if (!isProven)
        {
            client.Snapshot = client.Snapshot with { ProvenAt = isTrial ? saved!.Client!.Rotation!.TriedAt : null };
        }
    }

    /// <summary>Notes that a client can boot with its present key, secret and host, as it has got the secret.</summary>
    private void NoteProof(OpenRequest request)
    {
        Client client = request.Client;
        if (OnDue is not null || request.IsAborted || _requests.IsStranger(request) || client.IsNextKey(request.Description.KeyId))
        {
            return; // servers that share their state do not share this, and what was broken off was another secret or key
        }

        client.Proof = client.Proof.IsEmpty ? BootProof.Make(client) : client.Proof;
        _journal.Update(client, client.Snapshot with { ProvenAt = _clock.UtcNow }, ClientProperty.ProvenAt);
    }

    /// <summary>Sees whether a client that has booted could do so again, after its key, secret or host was set.</summary>
    private void CheckProof(Client client)
    {
        CheckTrial(client);
        if (client.Proof.IsEmpty || BootProof.Fits(client, client.Proof.Span))
        {
            return;
        }

        client.Proof = default;
        _journal.Update(client, client.Snapshot with { ProvenAt = null }, ClientProperty.ProvenAt);
        LogUnproven(client.Name);
        _journal.Publish(client, static state => new BootUnproven(state));
    }

    /// <summary>Has a reboot and a rehearsal expected on that were before the client was loaded.</summary>
    private void RestoreExpectations(Client client, RestoredClient restored)
    {
        if (client.Snapshot.ExpectedReboot is not null)
        {
            ScheduleReboot(client, restored.RebootLeft);
        }

        if (client.Snapshot.RehearsalUntil is not null)
        {
            ScheduleRehearsal(client, restored.RehearsalLeft);
        }
    }

    private void ScheduleReboot(Client client, TimeSpan time)
    {
        client.RebootDue = _clock.After(time);
        client.RebootEnd ??= new Deadline(state => EndReboot((Client)state, RebootEnding.TimeOver), client);
        _deadlines.Schedule(client.RebootEnd, client.RebootDue.Value);
    }

    private void ScheduleRehearsal(Client client, TimeSpan time)
    {
        client.RehearsalEnd ??= new Deadline(state => LetRehearsalEnd((Client)state), client);
        _deadlines.Schedule(client.RehearsalEnd, _clock.After(time));
    }

    /// <summary>Has a reboot expected no longer. If the client has expired meanwhile by itself, it is disabled.</summary>
    private void EndReboot(Client client, RebootEnding ending)
    {
        if (ForgetReboot(client) is not { } reboot)
        {
            return;
        }

        ClientSnapshot next = _expiry.Schedule(client, client.Snapshot with { ExpectedReboot = null });
        _journal.Update(client, next, ExpiresOf(client, next));
        TellRebootEnded(client, reboot, ending);
        if (_expiry.IsPast(client))
        {
            Expire(client);
        }
    }

    /// <summary>Ends what keeps a reboot expected, but not what is seen of it.</summary>
    /// <returns>The reboot that was expected; null if none was.</returns>
    private ExpectedReboot? ForgetReboot(Client client)
    {
        (client.RebootDue, client.RebootRequest) = (null, null);
        if (client.RebootEnd is { } end)
        {
            _deadlines.Cancel(end);
        }

        return client.Snapshot.ExpectedReboot;
    }

    private void TellRebootEnded(Client client, ExpectedReboot? reboot, RebootEnding ending)
    {
        if (reboot is null)
        {
            return;
        }

        _journal.Update(client, client.Snapshot, ClientProperty.ExpectedReboot);
        if (ending == RebootEnding.TimeOver)
        {
            LogRebootLate(client.Name);
        }
        else
        {
            LogRebootEnded(client.Name, ending switch
            {
                RebootEnding.SecretSent => "it got its secret",
                RebootEnding.TakenBack => "a person has taken that back",
                RebootEnding.Disabled => "it is disabled",
                _ => "it has another key",
            });
        }

        _journal.Publish(client, state => new RebootExpectationEnded(state, reboot, ending));
    }

    private void LetRehearsalEnd(Client client)
    {
        LogRehearsalLate(client.Name);
        EndRehearsal(client);
    }

    private void EndRehearsal(Client client)
    {
        if (client.Snapshot.RehearsalUntil is null)
        {
            return;
        }

        _deadlines.Cancel(client.RehearsalEnd!);
        _journal.Update(client, client.Snapshot with { RehearsalUntil = null }, ClientProperty.RehearsalUntil);
    }

    private void ForgetExpectations(Client client)
    {
        ForgetReboot(client);
        CancelExpectations(client);
    }

    private void CancelExpectations(Client client)
    {
        foreach (Deadline? end in (ReadOnlySpan<Deadline?>)[client.RebootEnd, client.RehearsalEnd])
        {
            if (end is not null)
            {
                _deadlines.Cancel(end);
            }
        }
    }

    private static ClientProperty[] ExpiresOf(Client client, ClientSnapshot next)
        => client.Snapshot.Expires != next.Expires ? [ClientProperty.Expires] : [];
}
