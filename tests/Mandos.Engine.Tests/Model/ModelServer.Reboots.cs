using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Engine.Tests.Model;

/// <content>Reboots and rehearsals that are expected.</content>
internal sealed partial class ModelServer
{
    /// <summary>Whether a reboot of a client can be expected, or not any more.</summary>
    public bool MayExpectReboot(ModelClient c, RebootPlan plan) => plan.Time == TimeSpan.Zero || IsAlive(c);

    public void ExpectReboot(ModelClient c, RebootPlan plan)
    {
        if (plan.Time == TimeSpan.Zero)
        {
            EndReboot(c);
        }
        else if (IsAlive(c))
        {
            c.Counts.RebootsExpected++;
            c.Reboot = new ExpectedReboot(Wall + plan.Time) { Reason = plan.Reason, NeedsNoApproval = plan.NeedsNoApproval };
            c.RebootEndsAt.Set(Now + (long)plan.Time.TotalMilliseconds);
            c.ExpiresAt.SetAgain();
        }
    }

    public void Rehearse(ModelClient c, TimeSpan valid)
    {
        c.RehearsalUntil = valid == TimeSpan.Zero ? null : Wall + valid;
        c.RehearsalEndsAt.Clear();
        if (valid > TimeSpan.Zero)
        {
            c.RehearsalEndsAt.Set(Now + (long)valid.TotalMilliseconds);
        }
    }

    /// <summary>Whether a request is approved for the sake of a reboot: one at a time, until one has got the secret.</summary>
    private bool TakeReboot(ModelConnection x)
    {
        ModelClient c = x.Client!;
        if (x.IsRehearsal || c.Reboot is not { NeedsNoApproval: true } || c.Reboot.Until <= Wall || !(c.RebootEndsAt.At > Now) || c.RebootConnection?.Phase == ModelPhase.Sending)
        {
            return false;
        }

        c.RebootConnection = x;
        return true;
    }

    private static void TakeRehearsal(ModelConnection x)
    {
        x.IsRehearsal = x.Client!.RehearsalUntil is not null;
        x.Client.RehearsalUntil = null;
        x.Client.RehearsalEndsAt.Clear();
    }

    private static void TellRehearsed(ModelConnection x)
    {
        if (x.IsRehearsal)
        {
            x.IsRehearsal = false;
            x.Client!.Counts.Rehearsed++;
        }
    }

    /// <summary>A reboot is not expected any more, and who has expired without it is disabled.</summary>
    private void EndReboot(ModelClient c)
    {
        if (c.Reboot is null)
        {
            return;
        }

        ForgetReboot(c);
        c.ExpiresAt.SetAgain();
        if (c.ExpiresAt.At <= Now)
        {
            Disable(c);
        }
    }

    private static void ForgetReboot(ModelClient c)
    {
        c.Counts.RebootsEnded += c.Reboot is null ? 0 : 1;
        c.Reboot = null;
        c.RebootConnection = null;
        c.RebootEndsAt.Clear();
    }

    /// <summary>Whether it can boot is not known once its secret or host is another one.</summary>
    private static void CheckProof(ModelClient c)
    {
        if (c.Tried is { } tried && (tried.Secret, tried.Host) != (c.File.Next?.Secret, c.Settings.Host))
        {
            c.Tried = null;
        }

        if (c.Proven is { } proven && (proven.Secret, proven.Host) != (c.Secret, c.Settings.Host))
        {
            c.Proven = null;
            c.Counts.Unproven++;
        }
    }

    private void RestoreExpectations(ModelClient c, ModelRecord record)
    {
        bool isSameKey = record.File.Key == c.Key;
        c.Proven = isSameKey ? record.Proven : record.File.Next?.Key == c.Key ? record.Tried : null; // the file may have been tidied before the promotion was saved
        if (c.Proven is { } proven && (proven.Secret, proven.Host) != (c.Secret, c.Settings.Host))
        {
            c.Proven = null;
        }

        c.Tried = record.Tried is { } tried && c.File.Next is { } next && next.Key == record.File.Next?.Key
            && (tried.Secret, tried.Host) == (next.Secret, c.Settings.Host) ? (tried.At, tried.Secret, tried.Host, 0) : null;
        (c.RetiredKey, c.PromotedAt) = isSameKey ? (record.RetiredKey, record.PromotedAt) : (null, null);
        if (record.LeftAt is not null || !isSameKey)
        {
            return;
        }

        if (c.Enabled && record.Enabled && Left(record.Reboot?.Until, ClientLimits.LongestReboot) is { } reboot)
        {
            c.Reboot = record.Reboot! with { Until = Wall + reboot };
            c.RebootEndsAt.Set(Now + (long)reboot.TotalMilliseconds);
        }

        if (Left(record.RehearsalUntil, ClientLimits.LongestRehearsal) is { } rehearsal)
        {
            Rehearse(c, rehearsal);
        }

        TimeSpan? Left(DateTimeOffset? until, TimeSpan longest)
        {
            TimeSpan? left = until - Latest(Wall, record.SavedAt);
            return left <= TimeSpan.Zero ? null : left < longest ? left : left is null ? null : longest;
        }
    }
}
