using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Persistence;

/// <summary>Brings together what the file says of a client and what the state store kept of it.</summary>
/// <remarks>
/// An edit of the file wins over a run-time change; a run-time change wins over an unedited file. Settings that cannot change at run time (keys,
/// checker plugin, <c>approve_all</c>, unknown options) come from the file.
/// </remarks>
internal static class ClientRestorer
{
    /// <summary>The state of a client at start.</summary>
    /// <param name="definition">What the file says now.</param>
    /// <param name="stored">What the store kept, with a client, perhaps of another name; null for a new client.</param>
    /// <param name="now">Wall clock time.</param>
    public static RestoredClient Restore(ClientDefinition definition, StoredClient? stored, DateTimeOffset now)
    {
        if (stored?.Client is not { } saved)
        {
            return new RestoredClient(New(definition, now), definition.Settings.Timeout, null);
        }

        bool enabled = IsEnabled(definition, stored);
        TimeSpan rebootLeft = enabled && saved.Enabled
            ? ExpectationLeft(definition, stored, saved.ExpectedReboot?.Until, ClientLimits.LongestReboot, now) : TimeSpan.Zero;
        TimeSpan rehearsalLeft = ExpectationLeft(definition, stored, saved.RehearsalUntil, ClientLimits.LongestRehearsal, now);
        ClientSnapshot state = saved with
        {
            Name = definition.Name,
            Origin = definition.Origin,
            Settings = Merge(definition.Settings, stored.FileSettings, saved.Settings),
            Enabled = enabled,
            Expires = enabled ? saved.Expires : null,
            ApprovalsPending = 0,
            Requests = [],
            CheckerRunning = false,
            ExpectedReboot = rebootLeft > TimeSpan.Zero ? saved.ExpectedReboot! with { Until = EngineClock.Add(now, rebootLeft) } : null,
            RehearsalUntil = rehearsalLeft > TimeSpan.Zero ? EngineClock.Add(now, rehearsalLeft) : null,
            Rotation = Rotations.Of(definition, saved.Settings.KeyId ?? saved.Settings.Fingerprint, saved.Rotation),
        };
        return RestoreExpiry(stored, saved, state, rebootLeft > TimeSpan.Zero, now) with { RebootLeft = rebootLeft, RehearsalLeft = rehearsalLeft };
    }

    private static RestoredClient RestoreExpiry(
        StoredClient stored, ClientSnapshot saved, ClientSnapshot state, bool expectsReboot, DateTimeOffset now)
    {
        if (!state.Enabled)
        {
            return new RestoredClient(state, TimeSpan.Zero, null);
        }

        if (!saved.Enabled)
        {
            return new RestoredClient(state with { LastEnabled = now }, state.Settings.Timeout, null);
        }

        if (stored.LeftAt is { } left)
        {
            // Nobody watched it since: that was not its silence.
            return new RestoredClient(state, (saved.Expires ?? left) - left, null);
        }

        if (saved.Expires > now)
        {
            return new RestoredClient(state, saved.Expires.Value - Present(stored, saved, now), null);
        }

        if (expectsReboot)
        {
            return new RestoredClient(state, TimeSpan.Zero, null); // it was not to be seen
        }

        string? reason = saved.LastCheckedOk is null ? "it was never checked successfully"
            : saved.LastCheckerStatus != 0 ? "its last check failed"
            : null;
        return reason is null
            ? new RestoredClient(state, state.Settings.Timeout, null)
            : new RestoredClient(state with { Enabled = false, Expires = null }, TimeSpan.Zero, reason);
    }

    /// <summary>Whether a client becomes enabled: as the file says if that was edited, otherwise as it was.</summary>
    /// <param name="definition">What the file says now.</param>
    /// <param name="stored">What was kept of it, or of another one that had one of its keys; if that was removed, it is not.</param>
    public static bool IsEnabled(ClientDefinition definition, StoredClient stored)
        => stored.Client is { } saved && (definition.Enabled != stored.FileEnabled ? definition.Enabled : saved.Enabled);

    /// <summary>How long a denial holds that was in force.</summary>
    /// <param name="stored">What was kept.</param>
    /// <param name="duration">How long a denial holds at most.</param>
    /// <param name="now">Wall clock time.</param>
    public static TimeSpan DenialLeft(StoredClient stored, TimeSpan duration, DateTimeOffset now)
    {
        TimeSpan left = stored.DeniedUntil is { } until ? until - Latest(now, stored.SavedAt) : TimeSpan.Zero;
        return left < duration ? left : duration;
    }

    /// <summary>How long something is expected still. Nothing is of a client that was away from the files, or has another key.</summary>
    private static TimeSpan ExpectationLeft(
        ClientDefinition definition, StoredClient stored, DateTimeOffset? until, TimeSpan longest, DateTimeOffset now)
    {
        ClientSettings settings = stored.Client!.Settings;
        if (until is not { } end || stored.LeftAt is not null
            || (settings.KeyId, settings.Fingerprint) != (definition.Settings.KeyId, definition.Settings.Fingerprint))
        {
            return TimeSpan.Zero;
        }

        TimeSpan left = end - Latest(now, stored.SavedAt);
        return left < longest ? left : longest;
    }

    /// <summary>The wall clock, or the last time that was certainly reached, whichever is later.</summary>
    /// <remarks>
    /// A clock that is behind at boot, because it has no battery, or was ahead when the state was saved, must not keep a client enabled for
    /// years, nor leave it less time than it had.
    /// </remarks>
    private static DateTimeOffset Present(StoredClient stored, ClientSnapshot saved, DateTimeOffset now)
    {
        if (stored.SavedAt is { } savedAt)
        {
            return Latest(now, savedAt);
        }

        // A time beyond the expiry was noted when the clock was wrong.
        DateTimeOffset?[] times = [saved.Created, saved.LastEnabled, saved.LastCheckedOk, saved.LastApprovalRequest];
        return Latest(now, times.Where(time => time <= saved.Expires).Max());
    }

    private static DateTimeOffset Latest(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    private static ClientSnapshot New(ClientDefinition definition, DateTimeOffset now) => new()
    {
        Name = definition.Name,
        Origin = definition.Origin,
        Settings = definition.Settings,
        Created = now,
        Enabled = definition.Enabled,
        LastEnabled = definition.Enabled ? now : null,
        Rotation = Rotations.Of(definition, null, null),
    };

    /// <summary>The settings in force: those that were changed in the file come from there, the rest is as it was.</summary>
    /// <param name="file">What the file says now.</param>
    /// <param name="fileThen">What it said before.</param>
    /// <param name="saved">The settings that were in force.</param>
    public static ClientSettings Merge(ClientSettings file, ClientSettings fileThen, ClientSettings saved)
    {
        ClientSettings result = file;
        foreach (ClientSetting setting in ClientSetting.All)
        {
            result = setting.IsSame(file, fileThen) ? setting.Copy(saved, result) : result;
        }

        return result;
    }
}
