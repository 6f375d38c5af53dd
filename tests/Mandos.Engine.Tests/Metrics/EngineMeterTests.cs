using System.Diagnostics.Metrics;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Metrics;

/// <summary>What programs that monitor the server read, through the engine.</summary>
public sealed class EngineMeterTests : IDisposable
{
    private readonly EngineRig _rig = new() { Checker = new FakeChecker(), HasGaps = true };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Requests_OfAllKinds_AreCountedByDecisionAndReason()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b", enabled: false));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        FakePeer slow = _rig.Connect(new FakePeer());
        _rig.Until(() => slow.Bytes.IsReadPending, "the server to wait");
        _rig.Pass(TimeSpan.FromSeconds(1.5));
        _rig.Finish(slow.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Serve("b");
        _rig.Serve("unknown");

        Assert.Equal(
            [
                "1 mandos.decision=sent mandos.reason=approved by default",
                "1 mandos.decision=refused mandos.reason=unknown key",
                "1 mandos.decision=refused mandos.reason=disabled",
            ],
            meter.Observe("mandos.requests"));
    }

    [Fact]
    public void Requests_OfAllKinds_AreTimedWithTheIdsOfTheirRecords()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b", enabled: false));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        FakePeer slow = _rig.Connect(new FakePeer());
        _rig.Until(() => slow.Bytes.IsReadPending, "the server to wait");
        _rig.Pass(TimeSpan.FromSeconds(1.5));
        _rig.Finish(slow.SendHello().Authenticate(EngineRig.PublicKey("a")).TakeSecret());
        _rig.Serve("b");

        Assert.Equal(["1.5 mandos.decision=sent", "0 mandos.decision=refused"], meter.Of("mandos.request.duration"));
        Assert.Equal(["0 mandos.result=completed", "0 mandos.result=completed"], meter.Of("mandos.handshake.duration"));
        Assert.Equal(_rig.Audit.Records.Select(static record => record.Id), meter.ExamplesOf("mandos.request.duration"));
        Assert.Equal(2, _rig.Audit.Records.Select(static record => record.Id).Distinct().Count());
        Assert.Null(System.Diagnostics.Activity.Current);
    }

    [Fact]
    public void Handshakes_ThatFail_AreTimed()
    {
        _rig.Start();
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        FakePeer peer = _rig.Connect(new FakePeer().SendHello());
        _rig.Until(() => peer.InHandshake, "the handshake");
        _rig.Pass(TimeSpan.FromSeconds(2));
        peer.Handshake.SetException(new TlsHandshakeException("no"));
        _rig.Finish(peer);
        Assert.Equal(["2 mandos.result=failed"], meter.Of("mandos.handshake.duration"));
    }

    [Fact]
    public void Requests_OfStrangersWithoutARecord_AreCountedToo()
    {
        _rig.Start();
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        for (int i = 0; i < 60; i++)
        {
            _rig.Serve("stranger");
        }

        Assert.True(_rig.Audit.Records.Count < 60);
        Assert.Equal(["60 mandos.decision=refused mandos.reason=unknown key"], meter.Observe("mandos.requests"));
    }

    [Fact]
    public void Requests_TurnedAway_AreCounted()
    {
        _rig.Start();
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        _rig.Engine.TurnAwayAll();
        FakePeer peer = _rig.Connect("a");
        _rig.Until(() => peer.IsDisposed, "the peer to be turned away");
        Assert.Equal(["1 mandos.decision=failed mandos.reason=server stopping"], meter.Observe("mandos.requests"));
    }

    [Fact]
    public void Checks_OfAllKinds_AreCountedByResult()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        foreach (CheckResult result in (CheckResult[])[CheckResult.Exited(0), CheckResult.Exited(1), CheckResult.Signaled(9), CheckResult.Failed("no")])
        {
            _rig.StartChecker("a");
            FakeCheck check = _rig.RunningCheckOf("a");
            _rig.Pass(TimeSpan.FromSeconds(0.25));
            check.End(result);
            _rig.Settle();
        }

        _rig.StartChecker("a");
        _rig.RunningCheckOf("a");
        _rig.StopChecker("a");
        _rig.Settle();

        string[] results = ["succeeded", "failed", "killed", "not carried out", "stopped"];
        Assert.Equal(
            results.Select(static result => $"{(result == "stopped" ? "0" : "0.25")} mandos.checker=shell mandos.result={result}"),
            meter.Of("mandos.check.duration"));
        Assert.Equal(Enumerable.Repeat("0 mandos.checker=shell", results.Length), meter.Of("mandos.check.lag"));
        Assert.Equal(results.Select(static result => $"1 mandos.checker=shell mandos.result={result}"), meter.Observe("mandos.checks"));
    }

    [Fact]
    public void Checks_OfACheckerThatIsNotThere_AreCountedUnderNoNameOfAFile()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { CheckerPlugin = "whatever" }));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        _rig.StartChecker("a");
        _rig.Settle();
        Assert.Equal(["1 mandos.checker=unknown mandos.result=not carried out"], meter.Observe("mandos.checks"));
    }

    [Fact]
    public void Checks_WaitForTheOneBefore_ThatIsTheirLag()
    {
        _rig.Checker.Plan("a", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        _rig.StartChecker("a");
        FakeCheck dying = _rig.RunningCheckOf("a");
        _rig.StopChecker("a");
        Task second = _rig.Engine.Server.StartCheckerAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Engine.Parts.Services.Loop.RunPending();
        _rig.Pass(TimeSpan.FromSeconds(1.25));
        dying.End(CheckResult.Exited(0));
        _rig.Run(second);
        Assert.Equal(["0 mandos.checker=shell", "1.25 mandos.checker=shell"], meter.Of("mandos.check.lag"));
    }

    [Fact]
    public void Clients_InEachState_AreCounted()
    {
        _rig.Checker.Plan("failing", CheckResult.Exited(1));
        _rig.Start(EngineRig.Define("alive"), EngineRig.Define("failing"), EngineRig.Define("new"), EngineRig.Define("off", enabled: false));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        Assert.Equal(["3 mandos.state=unchecked", "1 mandos.state=disabled"], meter.Observe("mandos.clients"));

        _rig.StartChecker("alive");
        _rig.StartChecker("failing");
        _rig.Settle();
        Assert.Equal(
            ["1 mandos.state=alive", "1 mandos.state=failing", "1 mandos.state=unchecked", "1 mandos.state=disabled"], meter.Observe("mandos.clients"));

        _rig.Disable("alive");
        _rig.Enable("off");
        _rig.Remove("failing");
        _rig.Add("added");
        Assert.Equal(["3 mandos.state=unchecked", "1 mandos.state=disabled"], meter.Observe("mandos.clients"));
    }

    [Fact]
    public void Clients_WithAQuarterOfTheirTimeoutLeft_ExpireSoon()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a", static s => s with { Timeout = TimeSpan.FromSeconds(400) }), EngineRig.Define("off", enabled: false));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        Run(299);
        Assert.Equal(["0"], meter.Observe("mandos.clients.expiring"));
        Run(11); // it is counted by tens of seconds
        Assert.Equal(["1"], meter.Observe("mandos.clients.expiring"));
        _rig.MarkCheckedOk("a");
        Assert.Equal(["0"], meter.Observe("mandos.clients.expiring"));
        Run(310);
        Assert.Equal(["1"], meter.Observe("mandos.clients.expiring"));
        Run(100);
        Assert.False(_rig["a"].Enabled);
        Assert.Equal(["0"], meter.Observe("mandos.clients.expiring"));

        // The loop has something to do in between, as it has in a server: this is no gap.
        void Run(int seconds)
        {
            for (int i = 0; i < seconds; i++)
            {
                _rig.Pass(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Fact]
    public void Approvals_ThatAreWaitedFor_AreCounted()
    {
        _rig.Start(EngineRig.Define("b", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        Assert.Equal(["0"], meter.Observe("mandos.approvals_pending"));
        FakePeer held = _rig.Hold("b");
        Assert.Equal(["1"], meter.Observe("mandos.approvals_pending"));
        held.TakeSecret();
        _rig.Approve("b", true);
        _rig.Finish(held);
        Assert.Equal(["0"], meter.Observe("mandos.approvals_pending"));
    }

    [Fact]
    public void Connections_InEachPhase_AreCounted()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        Assert.Empty(meter.Observe("mandos.connections"));
        FakePeer silent = _rig.Connect(new FakePeer());
        FakePeer shaking = _rig.Connect(new FakePeer().SendHello());
        FakePeer writing = _rig.Connect(new FakePeer().SendHello().Authenticate(EngineRig.PublicKey("a")));
        FakePeer held = _rig.Hold("b");
        _rig.Until(() => silent.Bytes.IsReadPending && shaking.InHandshake && writing.InWrite, "all to be under way");

        Assert.Equal(
            ["1 mandos.phase=first line", "1 mandos.phase=handshake", "1 mandos.phase=held", "1 mandos.phase=sending"],
            meter.Observe("mandos.connections"));

        foreach (FakePeer peer in (FakePeer[])[silent, shaking, writing, held])
        {
            peer.GoAway();
        }

        _rig.Finish(held);
        Assert.Empty(meter.Observe("mandos.connections"));
    }

    [Fact]
    public void UnsavedChanges_StoreFails_AreCountedUntilItSaves()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        Assert.Equal(["0"], meter.Observe("mandos.unsaved_changes"));
        _rig.Store.Error = new IOException("full");
        _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Engine.Server.DisableAsync("b", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => !_rig["b"].Enabled && !_rig.Engine.Parts.Keeper.IsSaving, "the saves to fail");
        Assert.Equal(["2"], meter.Observe("mandos.unsaved_changes"));

        _rig.Store.Error = null;
        _rig.Pass(TimeSpan.FromSeconds(60));
        _rig.Settle();
        Assert.Equal(["0"], meter.Observe("mandos.unsaved_changes"));
    }

    [Fact]
    public void LoopLag_SomethingComesLate_IsThatLong()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { Interval = TimeSpan.FromSeconds(10) }));
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();
        using var meter = new MeterReader(_rig.Engine.Parts.Services.Meter);
        _rig.Clock.Advance(TimeSpan.FromSeconds(4));
        _rig.Clock.Advance(TimeSpan.FromSeconds(0.75));
        _rig.Engine.Parts.Services.Loop.RunPending();
        Assert.Contains("0.75", meter.Of("mandos.loop.lag"));
    }

    [Fact]
    public void Listener_ThatThrows_HarmsNothing()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a", static s => s with { Timeout = TimeSpan.FromMinutes(5), Interval = TimeSpan.FromMinutes(2) }));
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Scope == _rig.Engine.Parts.Services.Meter)
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new NotSupportedException("the listener"));
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => throw new NotSupportedException("the listener"));
        listener.Start();

        Assert.NotNull(_rig.Serve("a").Received);
        _rig.Pass(TimeSpan.FromMinutes(1));
        _rig.RunningCheckOf("a").End(CheckResult.Exited(0));
        _rig.Settle();
        _rig.Pass(TimeSpan.FromMinutes(2));
        _rig.RunningCheckOf("a").End(CheckResult.Exited(1));
        _rig.Settle();

        Assert.Equal(1, _rig["a"].LastCheckerStatus);
        Assert.Equal("sent", Assert.Single(_rig.Audit.Records).Decision);
        Assert.Single(_rig.Log.Lines, static line => line.Text.Contains("the listener", StringComparison.Ordinal));
    }
}
