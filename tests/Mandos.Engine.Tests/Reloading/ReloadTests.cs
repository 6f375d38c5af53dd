using System.Globalization;
using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Reloading;

/// <summary>The configuration changes while the server runs.</summary>
public sealed class ReloadTests : IDisposable
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Reload_SameFile_KeepsRunTimeChangesAndSavesNothing()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "elsewhere").With(ClientSetting.Timeout, 9 * _minute));
        _rig.Disable("a");
        _rig.SetSecret("a", "another"u8.ToArray());
        _rig.TakeEvents();
        ClientSnapshot before = _rig["a"];
        int saves = _rig.Store.Saves;
        ClientDefinition file = EngineRig.Define("a");

        _rig.Reload(file);

        Assert.Equal(before, _rig["a"]);
        Assert.Equal("another", SecretOf("a"));
        Assert.Empty(_rig.TakeEvents());
        Assert.Equal(saves, _rig.Store.Saves);
        Assert.True(IsZero(file.Secret));
        Assert.True(_rig.Log.Has(LogLevel.Information, "Configuration re-read: 1 clients, 0 added, 0 removed, 0 changed"));
    }

    [Fact]
    public void Reload_ClientLeftOut_KeepsWhatItHad()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("gone"));
        _rig.Disable("a");
        ClientSnapshot before = _rig["a"];
        _rig.LeftOut = ["a", "never seen"];

        _rig.Reload(EngineRig.Define("b", static s => s with { Host = "new" }));

        Assert.Equal(before, _rig["a"]);
        Assert.Equal("new", _rig["b"].Settings.Host);
        Assert.Null(_rig.Serve("a").Received);
        Assert.Equal(EngineRig.FileSecret("b"), Encoding.UTF8.GetString(_rig.Serve("b").Received!));
        Assert.True(_rig.Log.Has(LogLevel.Information, "Configuration re-read: 2 clients, 0 added, 1 removed, 1 changed"));
    }

    [Fact]
    public void Reload_PartUnread_RemovesNobody()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.IsComplete = false;

        _rig.Reload(EngineRig.Define("b"));

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.UTF8.GetString(_rig.Serve("a").Received!));
    }

    [Fact]
    public void Reload_KeyOfClientLeftOutGoesToAnother_IsRefused()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.LeftOut = ["a"];

        Assert.Throws<ConfigurationException>(() => _rig.Reload(EngineRig.Define("b", static s => s with { KeyId = EngineRig.KeyId("a") })));

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.UTF8.GetString(_rig.Serve("a").Received!));
        Assert.Equal(EngineRig.FileSecret("b"), Encoding.UTF8.GetString(_rig.Serve("b").Received!));
    }

    [Fact]
    public void Start_ClientLeftOut_ComesBackAsItWas()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Disable("a");
        using var next = new EngineRig { Store = _rig.Store, LeftOut = ["a"] };

        next.Start(EngineRig.Define("b"));
        next.LeftOut = [];
        next.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.False(next["a"].Enabled);
        Assert.Null(next.Serve("a").Received);
    }

    [Fact]
    public void Reload_EditedSettings_WinOverRunTimeChangesAndOthersStay()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute }));
        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "by hand").With(ClientSetting.Checker, "by hand").With(ClientSetting.ApprovalDelay, 2 * _minute));
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a",
            static s => s with { Host = "file", ApprovalDelay = 3 * _minute, ApprovedByDefault = false }));

        ClientSettings settings = _rig["a"].Settings;
        Assert.Equal(("file", "by hand", 3 * _minute, false),
            (settings.Host, settings.Checker, settings.ApprovalDelay, settings.ApprovedByDefault));
        Assert.Equal(["Host=file", "ApprovalDelay=180", "ApprovedByDefault=False"], _rig.TakeEvents());
        Assert.Equal("file", _rig.Store["a"]!.FileSettings.Host);
        Assert.Equal(settings, _rig.Store["a"]!.Client!.Settings);
        Assert.True(_rig.Log.Has(LogLevel.Information, "1 clients, 0 added, 0 removed, 1 changed"));
    }

    [Fact]
    public void Reload_EditedBack_TakesTheFilesValueAgain()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Reload(EngineRig.Define("a", static s => s with { Host = "one" }));
        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "by hand"));
        _rig.Reload(EngineRig.Define("a", static s => s with { Host = "one" }));
        Assert.Equal("by hand", _rig["a"].Settings.Host);

        _rig.Reload(EngineRig.Define("a"));

        Assert.Equal("", _rig["a"].Settings.Host);
    }

    [Fact]
    public void Reload_WhatOnlyTheFileChanges_ReachesTheNextCheck()
    {
        var other = new FakeChecker();
        _rig = new EngineRig { OtherChecker = other };
        _rig.Start(EngineRig.Define("a"));
        var options = new Dictionary<string, string> { ["ssh_key"] = "one" };
        _rig.Reload(EngineRig.Define("a", s => s with { CheckerPlugin = EngineRig.OtherCheckerName, Options = options }));
        _rig.Reload(EngineRig.Define("a", s => s with
        {
            CheckerPlugin = EngineRig.OtherCheckerName,
            Options = new Dictionary<string, string> { ["ssh_key"] = "two" },
        }));

        _rig.StartChecker("a");
        _rig.Settle();

        Assert.Equal("two", Assert.Single(other.Prepared).Settings.Options["ssh_key"]);
        Assert.Empty(_rig.Checker.Prepared);
    }

    [Fact]
    public void Reload_NewClient_IsAddedAsAtTheStart()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(30));

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.Equal(["ClientAdded"], _rig.TakeEvents());
        Assert.Equal((true, TestClock.Epoch.AddSeconds(30), TestClock.Epoch.AddSeconds(330)),
            (_rig["b"].Enabled, _rig["b"].Created, _rig["b"].Expires));
        Assert.Equal(TimeSpan.FromSeconds(90), _rig.Client("b").NextCheck.Due);
        Assert.NotNull(_rig.Store["b"]);
        Assert.Equal(EngineRig.FileSecret("b"), Text(_rig.Serve("b").Received));
    }

    [Fact]
    public void Reload_ClientGone_RefusesItsConnections()
    {
        ClientDefinition gone = EngineRig.Define("b", static s => s with { ApprovalDelay = _minute });
        _rig.Checker.Plan("b", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"), gone);
        _rig.StartChecker("b");
        _rig.SetSecret("b", "another"u8.ToArray());
        Secret another = _rig.Client("b").Secret;
        FakePeer held = _rig.Hold("b");
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a"));
        _rig.Finish(held);
        _rig.Until(() => _rig.Checker.CountRunning("b") == 0, "the check to end");

        Assert.Equal(
            ["CheckerRunning=False", "Requests=", "Rejected(Disabled)", "ApprovalPending=False", "ClientRemoved"], _rig.TakeEvents());
        Assert.Null(held.Received);
        Assert.True(IsZero(gone.Secret) && IsZero(another));
        Assert.Null(_rig.Serve("b").Received);
        Assert.Equal([$"ClientNotFound({EngineRig.KeyId("b")}, fe80::1)"], _rig.TakeEvents());
    }

    [Fact]
    public void Reload_ClientBackWhileItsOldCheckDies_ChecksOneAtATime()
    {
        _rig.Checker.Plan("b", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.StartChecker("b");
        FakeCheck old = _rig.RunningCheckOf("b");
        _rig.Reload(EngineRig.Define("a"));
        _rig.Checker.Plan("b", CheckMode.Ends);
        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Pass(_minute);
        Assert.Equal(ClientSnapshot.NotCheckedYet, _rig["b"].LastCheckerStatus);

        old.End(FakeChecker.Success);
        _rig.Until(() => _rig["b"].LastCheckerStatus == 0, "the new check to end");

        Assert.Equal(1, _rig.Checker.MostAtOnce);
    }

    [Fact]
    public void Reload_ClientRemovedByPerson_StaysAway()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Remove("b");
        ClientDefinition ignored = EngineRig.Define("b", static s => s with { Host = "edited" });

        _rig.Reload(EngineRig.Define("a"), ignored);

        Assert.Equal(1, _rig.Engine.ClientCount);
        Assert.True(IsZero(ignored.Secret));
        Assert.Null(_rig.Store["b"]!.Client);
        Assert.Null(_rig.Store["b"]!.LeftAt);
    }

    [Fact]
    public void Reload_ClientRemovedByPersonBeforeTheStart_StaysAwayToo()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Remove("b");
        Restart(EngineRig.Define("a"), EngineRig.Define("b"));

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.Equal(1, _rig.Engine.ClientCount);
        Assert.Null(_rig.Store["b"]!.Client);
    }

    [Fact]
    public void Reload_AnotherTimeout_MovesExpiry()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Pass(4 * _minute);
        _rig.Settle();
        _rig.TakeEvents();

        _rig.Reload(
            EngineRig.Define("a", static s => s with { Timeout = 10 * _minute }),
            EngineRig.Define("b", static s => s with { Timeout = _minute / 2 }));

        Assert.True(_rig["a"].Enabled);
        Assert.Equal(["Timeout=600", $"Expires={240 + 600}", "Timeout=30", $"Expires={240 + 30}"], _rig.TakeEvents());
        _rig.Pass(_minute);
        Assert.False(_rig["b"].Enabled);
    }

    [Fact]
    public void Reload_TimeoutThatIsOver_Disables()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(4 * _minute);
        _rig.RunningCheckOf("a");
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a", static s => s with { Timeout = 3 * _minute }));

        Assert.Equal(["Timeout=180", "Expires=180", "Expires=", "CheckerRunning=False", "Enabled=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Reload_AnotherInterval_ChecksNow()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));

        _rig.Reload(EngineRig.Define("a", static s => s with { Interval = 7 * _minute }));

        Assert.Equal(["Interval=420", "CheckerRunning=True", "CheckerStarted(fake check)"], _rig.TakeEvents());
        Assert.Equal(7 * _minute, _rig.Client("a").NextCheck.Due);
    }

    /// <param name="minutes">The new interval; the old one is 2.</param>
    /// <param name="due">After how many minutes the checks come that do not start at once; they were planned for 1.</param>
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(10, 1)]
    public void Reload_AnotherIntervalOfMany_SpreadsMostChecksButDelaysNone(int minutes, double due)
    {
        string[] names = [.. Enumerable.Range(0, 1234).Select(static i => string.Create(CultureInfo.InvariantCulture, $"c{i}"))];
        foreach (string name in names)
        {
            _rig.Checker.Plan(name, CheckMode.Hangs);
        }

        _rig.Start([.. names.Select(static name => EngineRig.Define(name))]);

        _rig.Reload([.. names.Select(name => EngineRig.Define(name, s => s with { Interval = minutes * _minute }))]);

        Assert.Equal(100, names.Count(name => _rig[name].CheckerRunning));
        Assert.All(names, name => Assert.Equal(
            (_rig[name].CheckerRunning ? minutes : due) * _minute, _rig.Client(name).NextCheck.Due));
        Assert.All(names, name => Assert.Equal(minutes * _minute, _rig.Store[name]!.FileSettings.Interval));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reload_EnabledFlips_WinsOverRunTime(bool inFileNow)
    {
        _rig.Start(EngineRig.Define("a", enabled: !inFileNow));
        Assert.Equal(!inFileNow, _rig["a"].Enabled);

        _rig.Reload(EngineRig.Define("a", enabled: inFileNow));

        Assert.Equal(inFileNow, _rig["a"].Enabled);
        string[] events = inFileNow ? ["Enabled=True", "LastEnabled=0", "Expires=300"] : ["Expires=", "Enabled=False"];
        Assert.Equal(events, _rig.TakeEvents());
    }

    [Fact]
    public void Reload_OtherEdits_EnableNobody()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Disable("a");

        _rig.Reload(EngineRig.Define("a", static s => s with { Host = "x", Timeout = _minute, Interval = _minute }));

        Assert.False(_rig["a"].Enabled);
        Assert.Empty(_rig.Checker.Prepared);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reload_AnotherSecret_ReplacesTheOneInForce(bool setAtRunTime)
    {
        ClientDefinition old = EngineRig.Define("a");
        _rig.Start(old);
        if (setAtRunTime)
        {
            _rig.SetSecret("a", "by hand"u8.ToArray());
        }

        Secret inForce = _rig.Client("a").Secret;
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a", secret: "from the file"));

        Assert.Equal("from the file", Text(_rig.Serve("a").Received));
        Assert.Equal("Secret=", _rig.TakeEvents()[0]);
        Assert.True(IsZero(old.Secret) && IsZero(inForce));
        Assert.True(_rig.Store["a"]!.EncryptedSecret.IsEmpty);
        Restart(EngineRig.Define("a", secret: "from the file"));
        Assert.Equal("from the file", Text(_rig.Serve("a").Received));
    }

    [Fact]
    public void Reload_SecretInAWriteThatCannotBeStopped_IsSentWhole()
    {
        ClientDefinition old = EngineRig.Define("a");
        _rig.Start(old);
        FakePeer peer = _rig.Connect(
            new FakePeer { TakesWhatIsOnItsWay = true }.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the secret to be on its way");

        _rig.File = () => [EngineRig.Define("a", secret: "from the file")];
        Task reloaded = _rig.Engine.Server.ReloadAsync(TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Client("a").Secret != old.Secret, "the new secret");
        Assert.False(reloaded.IsCompleted || IsZero(old.Secret));
        peer.TakeSecret();
        _rig.Run(reloaded);
        _rig.Finish(peer);

        Assert.Equal(EngineRig.FileSecret("a"), Text(peer.Received));
        Assert.True(IsZero(old.Secret));
    }

    [Fact]
    public void Reload_SecretOfFileUnchanged_KeepsTheOneSetAtRunTime()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.SetSecret("a", "by hand"u8.ToArray());

        _rig.Reload(EngineRig.Define("a", static s => s with { Host = "edited" }));

        Assert.Equal("by hand", Text(_rig.Serve("a").Received));
        Restart(EngineRig.Define("a", static s => s with { Host = "edited" }));
        Assert.Equal("by hand", Text(_rig.Serve("a").Received));
    }

    [Fact]
    public void Reload_AnotherKey_IsFoundByItAtOnce()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Reload(EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("new") }));

        Assert.Null(_rig.Serve("a").Received);
        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("new").Received));
        Assert.Equal(EngineRig.KeyId("new"), _rig["a"].Settings.KeyId);
    }

    [Fact]
    public void Reload_KeysSwapped_FindTheirNewOwners()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));

        _rig.Reload(
            EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("b") }),
            EngineRig.Define("b", static s => s with { KeyId = EngineRig.KeyId("c") }),
            EngineRig.Define("c", static s => s with { KeyId = EngineRig.KeyId("a") }));

        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("b").Received));
        Assert.Equal(EngineRig.FileSecret("b"), Text(_rig.Serve("c").Received));
        Assert.Equal(EngineRig.FileSecret("c"), Text(_rig.Serve("a").Received));
        _rig.Remove("a");
        Assert.Null(_rig.Serve("b").Received);
        Assert.NotNull(_rig.Serve("a").Received);
    }

    [Fact]
    public void Reload_ClientRenamed_HasTheKeyAndThePath()
    {
        _rig = new EngineRig { Options = new() { UseDBus = true } };
        _rig.Start(EngineRig.Define("old.name"), EngineRig.Define("gone.away"), EngineRig.Define("stays"));

        _rig.Reload(
            EngineRig.Define("old-name", static s => s with { KeyId = EngineRig.KeyId("old.name") }),
            EngineRig.Define("gone-away"), EngineRig.Define("stays"));

        Assert.Equal(["ClientRemoved", "ClientRemoved", "ClientAdded", "ClientAdded"], _rig.TakeEvents().Order().Reverse());
        Assert.Equal(EngineRig.FileSecret("old-name"), Text(_rig.Serve("old.name").Received));
        Assert.Equal(("/clients/old_name", "/clients/gone_away"),
            (_rig["old-name"].DBusObjectPath, _rig["gone-away"].DBusObjectPath));
        Assert.Equal("Client gone.away", Assert.Single(_rig.Log.Lines, static line => line.Level >= LogLevel.Warning).Text[..16]);
    }

    [Fact]
    public void Reload_NewOwnerOfKeyStaysAway_OldOneIsGoneAllTheSame()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Remove("b");

        _rig.Reload(EngineRig.Define("b", static s => s with { KeyId = EngineRig.KeyId("a") }));

        Assert.Equal(0, _rig.Engine.ClientCount);
        Assert.Null(_rig.Serve("a").Received);
    }

    [Fact]
    public void Reload_Problems_KeepEverythingAndAreLogged()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute }));
        ClientSnapshot before = _rig["a"];
        FakePeer held = _rig.Hold("a");
        _rig.TakeEvents();
        _rig.File = static () => throw new ConfigurationException(["f:1: bad", "f:2: worse"]);

        var e = Assert.Throws<ConfigurationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(CancellationToken.None)));

        Assert.Equal(["f:1: bad", "f:2: worse"], e.Problems);
        Assert.Equal(
            [
                "f:1: bad", "f:2: worse",
                "The configuration was not taken up (problems above: 2); the one before stays in force",
            ],
            _rig.Log.Lines.Where(static line => line.Level == LogLevel.Error).Select(static line => line.Text));
        Assert.Empty(_rig.TakeEvents());
        Assert.Equal(before.Settings, _rig["a"].Settings);
        _rig.Approve("a", true);
        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Finish(held).Received));
    }

    [Fact]
    public void Reload_ClientSurvives_HeldConnectionsAndVerdictsDoToo()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute, ApprovalDuration = _minute }));
        FakePeer held = _rig.Hold("a");

        _rig.Reload(
            EngineRig.Define("a",
                static s => s with { Host = "x", ApprovalDelay = _minute, ApprovalDuration = _minute }, secret: "new"),
            EngineRig.Define("b"));
        Assert.Equal(1, _rig["a"].ApprovalsPending);
        _rig.Approve("a", true);
        _rig.Reload(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute }, secret: "newer"));

        Assert.Equal("new", Text(_rig.Finish(held).Received));
        Assert.Equal("newer", Text(_rig.Serve("a").Received));
    }

    [Fact]
    public void Reload_KeyChanges_WhoWaitsWithTheOldOneIsRefused()
    {
        _rig.Start(
            EngineRig.Define("a", static s => s with { ApprovalDelay = _minute, ApprovalDuration = _minute }),
            EngineRig.Define("b", static s => s with { ApprovalDelay = _minute }));
        FakePeer held = _rig.Hold("a");
        FakePeer other = _rig.Hold("b");
        _rig.TakeEvents();

        _rig.Reload(
            EngineRig.Define("a",
                static s => s with { KeyId = EngineRig.KeyId("new"), ApprovalDelay = _minute, ApprovalDuration = _minute }),
            EngineRig.Define("b", static s => s with { Host = "x", ApprovalDelay = _minute }));
        _rig.Until(() => held.IsDisposed, "the connection to end");

        Assert.Null(held.Received);
        Assert.Equal(
            ["Requests=", "Rejected(Disabled)", "ApprovalPending=False", "ClientRemoved", "ClientAdded", "Host=x"],
            _rig.TakeEvents());
        _rig.Approve("b", true);
        Assert.Equal(EngineRig.FileSecret("b"), Text(_rig.Finish(other).Received));
    }

    [Fact]
    public void Reload_KeyChanges_ApprovalOfTheOldOneDoesNotHold()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute, ApprovalDuration = _minute }));
        _rig.Approve("a", true);

        _rig.Reload(EngineRig.Define("a",
            static s => s with { KeyId = EngineRig.KeyId("new"), ApprovalDelay = _minute, ApprovalDuration = _minute }));

        FakePeer peer = _rig.Connect("new");
        _rig.Until(() => _rig["a"].ApprovalsPending == 1, "the connection to wait for approval");
        _rig.Approve("a", false);
        Assert.Null(_rig.Finish(peer).Received);
    }

    [Fact]
    public void Reload_NoClients_ServesNobodyButForgetsNothing()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        _rig.SetSecret("a", "by hand"u8.ToArray());
        _rig.Disable("b");
        _rig.Remove("c");

        _rig.Reload();
        Assert.Equal(0, _rig.Engine.ClientCount);
        Assert.Null(_rig.Serve("a").Received);
        Assert.True(_rig.Log.Has(LogLevel.Warning, "The configuration has no clients, the saved state has 3"));
        Assert.Equal(3, _rig.Store.Durable.Count);
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));

        Assert.Equal(["ClientAdded", "ClientAdded"], _rig.TakeEvents());
        Assert.Equal("by hand", Text(_rig.Serve("a").Received));
        Assert.False(_rig["b"].Enabled);
        Assert.Equal(2, _rig.Engine.ClientCount);
        Restart(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        Assert.Equal("by hand", SecretOf("a"));
        Assert.False(_rig["b"].Enabled);
    }

    [Fact]
    public void Reload_NoClientsThenStop_KeepsTheStateForTheNextStart()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Disable("a");
        _rig.Reload();
        Restart();
        Assert.Equal(0, _rig.Engine.ClientCount);

        _rig.Reload(EngineRig.Define("a"));

        Assert.False(_rig["a"].Enabled);
        Assert.Equal(EngineRig.FileSecret("a"), SecretOf("a"));
    }

    [Fact]
    public void Reload_StartedWithoutClientsAndRestore_ForgetsWhatWasSaved()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Disable("a");
        FakeStore store = new(_rig.Store.Durable);
        _rig.Dispose();
        _rig = new EngineRig { Store = store, Options = new() { Restore = false } }.Start();

        _rig.Reload(EngineRig.Define("a"));

        Assert.True(_rig["a"].Enabled);
        Assert.Equal("a", Assert.Single(_rig.Store.Durable).Name);
    }

    [Fact]
    public void Reload_TwoAtOnce_RunOneAfterAnother()
    {
        _rig.Start(EngineRig.Define("a"));
        int reads = 0;
        using var secondMayRead = new ManualResetEventSlim();
        _rig.File = () =>
        {
            int read = Interlocked.Increment(ref reads);
            secondMayRead.Wait(CancellationToken.None);
            return [EngineRig.Define("a", s => s with { Host = string.Create(CultureInfo.InvariantCulture, $"read {read}") })];
        };

        Task first = _rig.Engine.Server.ReloadAsync(CancellationToken.None);
        Task second = _rig.Engine.Server.ReloadAsync(CancellationToken.None);
        _rig.Until(() => Volatile.Read(ref reads) > 0, "the first to read");
        Assert.Equal(1, Volatile.Read(ref reads));
        secondMayRead.Set();
        _rig.Run(Task.WhenAll(first, second));

        Assert.Equal(["Host=read 1", "Host=read 2"], _rig.TakeEvents());
    }

    [Fact]
    public void Reload_AfterOneThatFailed_Works()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.File = static () => throw new InvalidOperationException("a fault");
        Assert.Throws<InvalidOperationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(CancellationToken.None)));

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.Equal(2, _rig.Engine.ClientCount);
    }

    [Fact]
    public void Reload_PersonRemovesClientMeanwhile_LeavesItRemoved()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        ClientDefinition edited = EngineRig.Define("b", static s => s with { Host = "edited" });
        Task? removal = null;
        _rig.File = () =>
        {
            removal = _rig.Engine.Server.RemoveAsync("b", CancellationToken.None); // the loop takes it before the reload's own work
            return [EngineRig.Define("a"), edited];
        };

        _rig.Run(_rig.Engine.Server.ReloadAsync(CancellationToken.None));
        _rig.Run(removal!);

        Assert.Equal(1, _rig.Engine.ClientCount);
        Assert.True(IsZero(edited.Secret));
        Assert.Null(_rig.Store["b"]!.Client);
    }

    [Fact]
    public void Reload_ServerStops_GivesUpAndZeroesTheSecrets()
    {
        _rig.Start(EngineRig.Define("a"));
        ClientDefinition next = EngineRig.Define("b");
        Task? stop = null;
        _rig.File = () =>
        {
            stop = _rig.Engine.StopAsync(CancellationToken.None);
            return [next];
        };

        Task reload = _rig.Engine.Server.ReloadAsync(CancellationToken.None);
        _rig.Until(() => reload.IsCompleted, "the reload to end");
        _rig.Run(stop!);

        Assert.ThrowsAny<OperationCanceledException>(() => reload.GetAwaiter().GetResult());
        Assert.True(IsZero(next.Secret));
        Assert.Equal(1, _rig.Engine.ClientCount);
    }

    [Fact]
    public async Task Reload_NothingToRead_IsRefused()
    {
        using var engine = new MandosEngine(
            new EngineOptions(), new FakeTls(), new FakeStore(), new Dictionary<string, IChecker>(), new TestClock(), new TestLog());
        engine.Parts.Services.Loop.Start();

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Server.ReloadAsync(CancellationToken.None));
    }

    /// <summary>Starts another server over what the store has.</summary>
    private void Restart(params ClientDefinition[] definitions)
    {
        FakeStore store = new(_rig.Store.Durable);
        _rig.Dispose();
        _rig = new EngineRig { Store = store }.Start(definitions);
    }

    private string? SecretOf(string client) => Text(_rig.Client(client).Secret.Memory.ToArray());

    private static string? Text(byte[]? secret) => secret is null ? null : Encoding.UTF8.GetString(secret);

    private static bool IsZero(Secret secret) => !secret.Memory.Span.ContainsAnyExcept((byte)0);
}
