using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Persistence;

public sealed class ClientRestorerTests
{
    private static readonly DateTimeOffset _now = TestClock.Epoch;
    private static readonly TimeSpan _timeout = new ClientSettings().Timeout;

    [Fact]
    public void Restore_NewClient_IsAsTheFileSays()
    {
        RestoredClient enabled = ClientRestorer.Restore(EngineRig.Define("a"), null, _now);
        RestoredClient disabled = ClientRestorer.Restore(EngineRig.Define("a", enabled: false), null, _now);

        Assert.Equal((true, _now, _now, _timeout),
            (enabled.State.Enabled, enabled.State.LastEnabled, enabled.State.Created, enabled.TimeLeft));
        Assert.Equal((false, null, ClientSnapshot.NotCheckedYet),
            (disabled.State.Enabled, disabled.State.LastEnabled, disabled.State.LastCheckerStatus));
    }

    public static TheoryData<string> Settings => [.. SettingChanges.Keys];

    private static Dictionary<string,
        (Func<ClientSettings, ClientSettings> Change, Func<ClientSettings, object?> Get)> SettingChanges => new()
    {
        ["host"] = (static s => s with { Host = s.Host + "x" }, static s => s.Host),
        ["checker"] = (static s => s with { Checker = s.Checker + "x" }, static s => s.Checker),
        ["interval"] = (static s => s with { Interval = s.Interval * 2 }, static s => s.Interval),
        ["timeout"] = (static s => s with { Timeout = s.Timeout * 2 }, static s => s.Timeout),
        ["extended_timeout"] = (static s => s with { ExtendedTimeout = s.ExtendedTimeout * 2 }, static s => s.ExtendedTimeout),
        ["approval_delay"] = (static s => s with { ApprovalDelay = s.ApprovalDelay + _timeout }, static s => s.ApprovalDelay),
        ["approval_duration"] = (static s => s with { ApprovalDuration = s.ApprovalDuration * 2 },
            static s => s.ApprovalDuration),
        ["approved_by_default"] = (static s => s with { ApprovedByDefault = !s.ApprovedByDefault },
            static s => s.ApprovedByDefault),
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Restore_EachSetting_EditWinsOverRunTimeChangeWinsOverUneditedFile(string setting)
    {
        (Func<ClientSettings, ClientSettings> change, Func<ClientSettings, object?> get) = SettingChanges[setting];
        ClientDefinition file = EngineRig.Define("a");
        ClientDefinition edited = EngineRig.Define("a", change);
        ClientSettings changed = change(edited.Settings); // for a switch this is as in the file again

        object? Restored(ClientDefinition now, ClientSettings saved)
            => get(ClientRestorer.Restore(now, Stored(file, s => s with { Settings = saved }), _now).State.Settings);

        Assert.Equal(get(file.Settings), Restored(file, file.Settings));
        Assert.Equal(get(changed), Restored(file, changed));
        Assert.Equal(get(edited.Settings), Restored(file, edited.Settings));
        Assert.Equal(get(edited.Settings), Restored(edited, file.Settings));
        Assert.Equal(get(edited.Settings), Restored(edited, changed));
    }

    [Fact]
    public void Restore_WhatCannotChangeAtRunTime_ComesFromTheFile()
    {
        ClientDefinition file = EngineRig.Define("a",
            static s => s with { KeyId = EngineRig.KeyId("new"), CheckerPlugin = "ssh" });

        ClientSettings settings = ClientRestorer.Restore(file, Stored(EngineRig.Define("a"), static s => s), _now).State.Settings;

        Assert.Equal((EngineRig.KeyId("new"), "ssh"), (settings.KeyId, settings.CheckerPlugin));
    }

    [Theory]
    [InlineData(true, true, true, true)] // then, now, saved: result
    [InlineData(true, true, false, false)]
    [InlineData(false, false, true, true)]
    [InlineData(false, false, false, false)]
    [InlineData(true, false, true, false)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, false, true)]
    [InlineData(false, true, true, true)]
    public void Restore_Enabled_FollowsTheSameRule(bool fileThen, bool fileNow, bool saved, bool result)
    {
        StoredClient stored = Stored(EngineRig.Define("a", enabled: fileThen), s => s with
        {
            Enabled = saved,
            Expires = saved ? _now + TimeSpan.FromSeconds(7) : null,
        });

        RestoredClient restored = ClientRestorer.Restore(EngineRig.Define("a", enabled: fileNow), stored, _now);

        Assert.Equal(result, restored.State.Enabled);
        Assert.Null(restored.ExpiredBecause);
        Assert.Equal(!result ? TimeSpan.Zero : saved ? TimeSpan.FromSeconds(7) : _timeout, restored.TimeLeft);
        Assert.Equal(result && !saved ? _now : _now.AddDays(-1), restored.State.LastEnabled);
        Assert.True(result || restored.State.Expires is null);
    }

    [Theory]
    [InlineData(null, ClientSnapshot.NotCheckedYet, "never checked")]
    [InlineData(null, 0, "never checked")]
    [InlineData(-10, 1, "last check failed")]
    [InlineData(-10, ClientSnapshot.NotExited, "last check failed")]
    [InlineData(-10, 0, null)]
    public void Restore_ExpiryPassedMeanwhile_StaysEnabledOnlyIfItsLastCheckSucceeded(int? checkedOk, int status, string? reason)
    {
        foreach (int passed in new[] { 0, 1, 1_000_000 })
        {
            ClientDefinition file = EngineRig.Define("a");
            StoredClient stored = Stored(file, s => s with
            {
                Expires = _now.AddSeconds(-passed),
                LastCheckedOk = checkedOk is { } seconds ? _now.AddSeconds(seconds - passed) : null,
                LastCheckerStatus = status,
            });

            RestoredClient restored = ClientRestorer.Restore(file, stored, _now);

            Assert.Equal(reason is null, restored.State.Enabled);
            Assert.Equal(reason is null, restored.ExpiredBecause is null);
            Assert.Contains(reason ?? "", restored.ExpiredBecause ?? "", StringComparison.Ordinal);
            Assert.Equal(reason is null ? _timeout : TimeSpan.Zero, restored.TimeLeft);
            Assert.True(reason is null || restored.State.Expires is null);
        }
    }

    [Fact]
    public void Restore_WhatBelongsToOneRun_IsDropped()
    {
        ClientDefinition file = EngineRig.Define("a");
        StoredClient stored = Stored(file, static s => s with
        {
            Expires = _now.AddSeconds(9),
            ApprovalsPending = 3,
            CheckerRunning = true,
        });

        ClientSnapshot state = ClientRestorer.Restore(file, stored, _now).State;

        Assert.Equal((0, false), (state.ApprovalsPending, state.CheckerRunning));
    }

    [Fact]
    public void Restore_ClockIsYearsBehind_DoesNotKeepItEnabledForYears()
    {
        ClientDefinition file = EngineRig.Define("a");
        StoredClient stored = Stored(file, static s => s with
        {
            LastCheckedOk = _now,
            LastCheckerStatus = 0,
            Expires = _now.AddSeconds(300),
        });

        RestoredClient restored = ClientRestorer.Restore(file, stored, DateTimeOffset.UnixEpoch);

        Assert.True(restored.State.Enabled);
        Assert.Equal(TimeSpan.FromSeconds(300), restored.TimeLeft);
    }

    /// <summary>The clock stood years ahead when this was saved, or once before.</summary>
    /// <param name="savedSecondsFromNow">When it was saved; null: by a server that did not note that.</param>
    /// <param name="left">The time left, in seconds.</param>
    [Theory]
    [InlineData(300_000_000, 240)] // saved while the clock was ahead: the time that was left then
    [InlineData(-20, 220)] // saved since
    [InlineData(null, 220)]
    public void Restore_ClockWasYearsAhead_HasTheTimeThatItHadLeft(int? savedSecondsFromNow, int left)
    {
        DateTimeOffset future = _now.AddSeconds(300_000_000);
        ClientDefinition file = EngineRig.Define("a");
        StoredClient stored = Stored(file, s => s with
        {
            LastEnabled = future, // enabled then
            LastCheckedOk = savedSecondsFromNow > 0 ? future.AddSeconds(-60) : _now.AddSeconds(-80),
            LastCheckerStatus = 0,
            Expires = savedSecondsFromNow > 0 ? future.AddSeconds(240) : _now.AddSeconds(220),
        }) with { SavedAt = savedSecondsFromNow is { } seconds ? _now.AddSeconds(seconds) : null };

        RestoredClient restored = ClientRestorer.Restore(file, stored, _now);

        Assert.True(restored.State.Enabled);
        Assert.Equal(TimeSpan.FromSeconds(left), restored.TimeLeft);
    }

    [Fact]
    public void Restore_ExtremeTimes_DoesNotFail()
    {
        ClientDefinition file = EngineRig.Define("a");
        foreach (DateTimeOffset now in new[] { DateTimeOffset.MinValue, _now, DateTimeOffset.MaxValue })
        {
            foreach (DateTimeOffset expires in new[] { DateTimeOffset.MinValue, _now, DateTimeOffset.MaxValue })
            {
                RestoredClient restored = ClientRestorer.Restore(file, Stored(file, s => s with { Expires = expires }), now);
                Assert.True(restored.TimeLeft >= TimeSpan.Zero || restored.State.Enabled);
            }
        }
    }

    private static StoredClient Stored(ClientDefinition file, Func<ClientSnapshot, ClientSnapshot> change) => new()
    {
        Name = file.Name,
        FileSettings = file.Settings,
        FileEnabled = file.Enabled,
        Client = change(new ClientSnapshot
        {
            Name = file.Name,
            Settings = file.Settings,
            Created = _now.AddDays(-2),
            Enabled = true,
            LastEnabled = _now.AddDays(-1),
            Expires = _now.AddSeconds(1),
        }),
    };
}
