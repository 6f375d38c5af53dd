using Mandos.Abstractions.Clients;

namespace Mandos.Engine.Tests.Model;

/// <content>Connections, and what becomes of their requests.</content>
internal sealed partial class ModelServer
{
    public void LineReceived(ModelConnection x, bool good)
    {
        if (!good)
        {
            EndConnection(x);
            return;
        }

        x.Phase = ModelPhase.Handshake;
        x.End.Set(Now + HandshakeTime);
        if (x.HandshakeSucceeds is { } success)
        {
            HandshakeEnded(x, success);
        }
    }

    public void Connect(ModelConnection x)
    {
        Connections.Add(x);
        x.End.Set(Now + FirstLineTime);
    }

    public void HandshakeEnded(ModelConnection x, bool success)
    {
        if (!success)
        {
            EndConnection(x);
            return;
        }

        if (FindByKey(x.Key) is not { } c)
        {
            NotFound++;
            CloseRefused(x);
            return;
        }

        x.Turn = ++_turns;
        x.Client = c;
        ClientSettings settings = c.Settings;
        TakeRehearsal(x);
        if (!IsAlive(c))
        {
            Refuse(x, () => c.Counts.Disabled++);
        }
        else if (c.Verdict == false)
        {
            Refuse(x, () => c.Counts.Denied++);
        }
        else if (IsRefusedAsAnomaly(x))
        {
            Refuse(x, () => c.Counts.Denied++);
        }
        else if (c.Verdict == true && (c.Settings.ApproveAll || (c.ApprovedAddress ??= x.Address) == x.Address))
        {
            Decide(x, true, () => { });
        }
        else if (!x.IsStopped && TakeReboot(x))
        {
            Decide(x, true, () => { });
        }
        else if (settings.ApprovalDelay == TimeSpan.Zero && !x.IsStopped)
        {
            Decide(x, settings.ApprovedByDefault, () => c.Counts.TimedOut++);
        }
        else
        {
            c.LastApprovalRequest = Wall;
            c.Pending++;
            c.Counts.NeedApproval++;
            x.CountsAsPending = true;
            ModelConnection[] others = WaitingFor(c);
            c.Counts.Conflicts += !c.Settings.ApproveAll && others.Length > 0 && others.All(other => other.Address != x.Address) ? 1 : 0;
            x.Phase = ModelPhase.Held;
            x.End.Set(Now + Math.Max((long)settings.ApprovalDelay.TotalMilliseconds, x.IsStopped ? LeastStoppedTime : 0));
        }

        if (!x.IsRefused)
        {
            MakeRoom(x);
        }
    }

    /// <summary>Marks a connection whose key is proved, and others, if two machines seem to have the key; refuses others that wait, if it is to be so.</summary>
    /// <returns>Whether it gets nothing.</returns>
    private bool IsRefusedAsAnomaly(ModelConnection x)
    {
        ModelClient c = x.Client!;
        ModelConnection[] others = c.Settings.ApproveAll ? []
            : [.. Connections.Where(o => o != x && o.Client == c && o.Phase is ModelPhase.Held or ModelPhase.Sending && o.Address != x.Address)];
        if (others.Length > 0)
        {
            Note();
            others.ToList().ForEach(static other => other.IsAnomalous = true);
        }

        if (c.BootsSinceAlive >= FailedBoots && !(Now - c.LastSecret <= OneBoot))
        {
            Note();
        }

        if (IsOfHardware(x) && c.HardwareAddresses.Count > 0 && !c.HardwareAddresses.Contains(x.Address))
        {
            Note();
        }

        if (c.Settings.Anomaly != AnomalyBehaviour.Refuse)
        {
            return false;
        }

        foreach (ModelConnection waiting in WaitingFor(c).Where(static waiting => waiting.IsAnomalous && !waiting.IsRehearsal))
        {
            Refuse(waiting, () => c.Counts.Denied++);
        }

        return x.IsAnomalous && !x.IsRehearsal;

        void Note()
        {
            x.IsAnomalous = true;
            c.Counts.Anomalies++;
        }
    }

    private static bool IsOfHardware(ModelConnection x) => x.Address.Contains("ff:fe", StringComparison.Ordinal);

    /// <summary>Ends the oldest of the address that has most connections of a client, if with another one there are too many.</summary>
    private void MakeRoom(ModelConnection newest)
    {
        ModelConnection[] all = [.. Connections
            .Where(x => x.Client?.Name == newest.Client!.Name && x != newest
                && x.Phase is ModelPhase.Held or ModelPhase.Sending or ModelPhase.Closing)
            .OrderBy(static x => x.Turn)
            .Append(newest)];
        if (all.Length > MaxRequestsPerClient)
        {
            ModelConnection[] most = [.. all.GroupBy(static x => x.Address).MaxBy(static some => some.Count())!];
            if (most[0].Phase == ModelPhase.Sending)
            {
                WriteEnded(most[0], false);
            }
            else
            {
                EndConnection(most[0]);
            }
        }
    }

    public void WriteEnded(ModelConnection x, bool success)
    {
        ModelClient c = x.Client!;
        if (success)
        {
            x.Got = x.Sending;
            TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, c.RebootEndsAt.At - Now ?? 0));
            if (!x.IsRehearsal)
            {
                ForgetReboot(c);
            }

            if (c.Enabled && !c.Removed)
            {
                SetExpiry(c, left > c.Settings.ExtendedTimeout ? left : c.Settings.ExtendedTimeout);
                c.Proven = x.Key == c.Key ? (Wall, c.Secret, c.Settings.Host) : c.Proven;
                NoteTrial(x);
            }

            c.Counts.GotSecret += c.Removed ? 0 : 1;
            c.BootsSinceAlive += Now - c.LastSecret <= OneBoot ? 0 : 1;
            c.LastSecret = Now;
            if (IsOfHardware(x))
            {
                c.HardwareAddresses.Add(x.Address);
            }
        }

        NotPending(x);
        if (success)
        {
            Close(x);
        }
        else
        {
            EndConnection(x);
        }
    }

    public void PeerGone(ModelConnection x)
    {
        x.IsGone = true;
        switch (x.Phase)
        {
            case ModelPhase.Sending:
                WriteEnded(x, false);
                break;
            default:
                EndConnection(x);
                break;
        }
    }

    /// <summary>When something happens next by itself.</summary>
    public long? Next() => Deadlines().Min(static d => d.Deadline.At);

    /// <summary>Does all that is due now.</summary>
    public void Fire()
    {
        while (Deadlines().Where(d => d.Deadline.At <= Now).OrderBy(
            static d => (d.Deadline.At, d.Deadline.Order)).ToArray() is [var due, ..])
        {
            due.Deadline.Clear();
            due.Action();
        }

        RunChecks();
    }

    private IEnumerable<(ModelDeadline Deadline, Action Action)> Deadlines()
    {
        foreach (ModelClient c in Clients.Values)
        {
            if (c.Reboot is null)
            {
                yield return (c.ExpiresAt, () => Disable(c));
            }

            yield return (c.RebootEndsAt, () => EndReboot(c));
            yield return (c.RehearsalEndsAt, () => c.RehearsalUntil = null);
            yield return (c.NextCheckAt, () =>
            {
                c.NextCheckAt.Set(Now + (long)c.Settings.Interval.TotalMilliseconds);
                StartCheck(c);
            });
            yield return (c.VerdictEndsAt, () => (c.Verdict, c.DeniedUntil) = (null, null));
        }

        foreach (ModelConnection x in Connections)
        {
            yield return (x.End, () => PhaseOver(x));
        }
    }

    private void PhaseOver(ModelConnection x)
    {
        switch (x.Phase)
        {
            case ModelPhase.Held:
                ModelClient c = x.Client!;
                Decide(x, c.Settings.ApprovedByDefault && !x.IsStopped, () => c.Counts.TimedOut++);
                break;
            case ModelPhase.Sending:
                WriteEnded(x, false);
                break;
            default:
                EndConnection(x);
                break;
        }
    }

    private void Decide(ModelConnection x, bool approved, Action countRefusal)
    {
        if (!approved)
        {
            Refuse(x, countRefusal);
            return;
        }

        if (!IsAlive(x.Client!))
        {
            Refuse(x, () => x.Client!.Counts.Disabled++);
            return;
        }

        EndTrial(x);
        x.Phase = ModelPhase.Sending;
        x.Sending = x.Key == x.Client!.Key ? x.Client.Secret : x.Client.File.Next!.Value.Secret;
        x.End.Set(Now + SendTime);
        if (x.WriteSucceeds is { } success)
        {
            WriteEnded(x, success);
        }
    }

    private void Refuse(ModelConnection x, Action count)
    {
        count();
        NotPending(x);
        CloseRefused(x);
    }

    private void CloseRefused(ModelConnection x)
    {
        x.IsRefused = true;
        Close(x);
        if (x.Phase == ModelPhase.Closing)
        {
            x.Phase = ModelPhase.Refused;
            x.End.Set(Now + RefusedTime);
        }
    }

    private static void NotPending(ModelConnection x)
    {
        if (x.CountsAsPending)
        {
            x.CountsAsPending = false;
            x.Client!.Pending--;
        }
    }

    private void Close(ModelConnection x)
    {
        TellRehearsed(x);
        if (x.IsGone || x.Peer.ClosesAfterServer)
        {
            EndConnection(x);
            return;
        }

        x.Phase = ModelPhase.Closing;
        x.End.Set(Now + CloseTime);
    }

    private static void EndConnection(ModelConnection x)
    {
        NotPending(x);
        TellRehearsed(x);
        x.Phase = ModelPhase.Ended;
        x.End.Clear();
    }
}
