using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>What control this server's clients have, how it differs from the store's, and what both give together.</summary>
internal static class ClientControl
{
    /// <summary>The control that a client has here.</summary>
    public static SharedControl Of(ISaved local, EngineClock clock) => local is Client client
        ? new SharedControl
        {
            Settings = client.Settings,
            Created = client.Snapshot.Created,
            Enabled = client.Snapshot.Enabled,
            LastEnabled = client.Snapshot.LastEnabled,
            Verdict = VerdictOf(client, clock),
            EncryptedSecret = client.EncryptedSecret,
        }
        : Of(local.ToStored(), clock);

    /// <summary>The control that a row of the store stands for.</summary>
    public static SharedControl Of(StoredClient stored, EngineClock clock) => new()
    {
        Settings = stored.Client?.Settings ?? stored.FileSettings,
        Created = stored.Client?.Created ?? stored.SavedAt ?? clock.UtcNow,
        Enabled = stored.Client?.Enabled ?? false,
        LastEnabled = stored.Client?.LastEnabled,
        IsRemoved = stored.Client is null,
        Verdict = stored.DeniedUntil - clock.UtcNow is { } left && left > TimeSpan.Zero ? new SharedVerdict(false, left, null) : null,
        EncryptedSecret = stored.EncryptedSecret,
    };

    /// <summary>In what a client differs here from what the store has. Verdicts are left out.</summary>
    public static ControlAspects Difference(ISaved local, SharedControl stored)
    {
        if (local is not Client client)
        {
            StoredClient row = local.ToStored();
            return row.Client is { } state
                ? Difference(state.Enabled, state.Settings, row.EncryptedSecret, stored)
                : stored.IsRemoved ? ControlAspects.None : ControlAspects.Removed;
        }

        return Difference(client.Snapshot.Enabled, client.Settings, client.EncryptedSecret, stored);
    }

    /// <summary>The store's control with what was decided here.</summary>
    /// <param name="current">What the store has now.</param>
    /// <param name="local">What the client has here.</param>
    /// <param name="before">What the store had when that was decided.</param>
    /// <param name="decided">What was decided here.</param>
    public static SharedControl Merge(SharedControl current, SharedControl local, SharedControl before, ControlAspects decided)
    {
        SharedControl result = current;
        if (decided.HasFlag(ControlAspects.Enabled))
        {
            result = result with { Enabled = local.Enabled, LastEnabled = local.LastEnabled };
        }

        if (decided.HasFlag(ControlAspects.Removed))
        {
            result = result with { IsRemoved = local.IsRemoved, Enabled = local.Enabled };
        }

        if (decided.HasFlag(ControlAspects.Secret))
        {
            result = result with { EncryptedSecret = local.EncryptedSecret };
        }

        if (decided.HasFlag(ControlAspects.Verdict) && !Outlasts(current.Verdict, local.Verdict))
        {
            result = result with { Verdict = local.Verdict };
        }

        if (decided.HasFlag(ControlAspects.Settings))
        {
            ClientSettings settings = result.Settings;
            foreach (ClientSetting setting in ClientSetting.All.Where(setting => !setting.IsSame(local.Settings, before.Settings)))
            {
                settings = setting.Copy(local.Settings, settings);
            }

            result = result with { Settings = settings };
        }

        return result;
    }

    /// <summary>Whether two settings are the same as far as they can be changed at run time; the rest is each server's own.</summary>
    public static bool HasSame(ClientSettings one, ClientSettings other)
        => ReferenceEquals(one, other) || ClientSetting.All.All(setting => setting.IsSame(one, other));

    /// <summary>Whether a denial that was given elsewhere stands, because what was decided here ends, or has ended, before it.</summary>
    private static bool Outlasts(SharedVerdict? current, SharedVerdict? local)
        => current is { Approved: false } && (local is null || (!local.Approved && local.Left < current.Left));

    private static ControlAspects Difference(bool enabled, ClientSettings settings, ReadOnlyMemory<byte> secret, SharedControl stored)
        => (enabled != stored.Enabled ? ControlAspects.Enabled : ControlAspects.None)
            | (stored.IsRemoved ? ControlAspects.Removed : ControlAspects.None)
            | (HasSame(settings, stored.Settings) ? ControlAspects.None : ControlAspects.Settings)
            | (secret.Span.SequenceEqual(stored.EncryptedSecret.Span) ? ControlAspects.None : ControlAspects.Secret);

    private static SharedVerdict? VerdictOf(Client client, EngineClock clock)
        => client.Verdict is { } approved && client.VerdictEnd?.Due - clock.Now is { } left && left > TimeSpan.Zero
            ? new SharedVerdict(approved, left, client.ApprovedAddress)
            : client.DenialEnded - clock.Now is { } ended ? new SharedVerdict(false, ended, null)
            : null;
}
