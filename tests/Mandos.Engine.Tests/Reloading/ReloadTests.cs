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

    [Fact]
    public void Reload_Problems_KeepEverythingAndAreLogged()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute }));
        ClientSnapshot before = _rig["a"];
        FakePeer held = _rig.Hold("a");
        _rig.TakeEvents();
        _rig.File = static () => throw new ConfigurationException(["f:1: bad", "f:2: worse"]);

        var e = Assert.Throws<ConfigurationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None)));

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

        Task first = _rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None);
        Task second = _rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None);
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
        Assert.Throws<InvalidOperationException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None)));

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
            removal = _rig.Engine.Server.RemoveAsync("b", EngineRig.Person, CancellationToken.None); // the loop takes it before the reload's own work
            return [EngineRig.Define("a"), edited];
        };

        _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));
        _rig.Run(removal!);

        Assert.Equal(1, _rig.Engine.ClientCount);
        Assert.True(IsZero(edited.Secret));
        Assert.Null(_rig.Store["b"]!.Client);
    }

    [Fact]
    public async Task Reload_NothingToRead_IsRefused()
    {
        using var engine = new MandosEngine(
            new EngineOptions(), new FakeTls(), new FakeStore(), new Dictionary<string, IChecker>(), new TestClock(), new TestLog());
        engine.Parts.Services.Loop.Start();

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));
    }

    private string? SecretOf(string client) => Text(_rig.Client(client).Secret.Memory.ToArray());

    private static string? Text(byte[]? secret) => secret is null ? null : Encoding.UTF8.GetString(secret);

    private static bool IsZero(Secret secret) => !secret.Memory.Span.ContainsAnyExcept((byte)0);
}
