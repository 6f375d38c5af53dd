using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Approval;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Approval;

/// <summary>Two machines with the key of one client: what is noticed, and what becomes of the request.</summary>
public sealed class AnomalyTests : IDisposable
{
    private const string OneCard = "fe80::211:22ff:fe33:4401";
    private const string OtherCard = "fe80::211:22ff:fe33:4402";

    private readonly EngineRig _rig = new() { Checker = new FakeChecker { ProvesIdentity = true } };

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(AnomalyBehaviour.Log, true)]
    [InlineData(AnomalyBehaviour.Refuse, false)]
    public void Open_MachineRuns_IsNoticed(string behaviour, bool gets)
    {
        Start(behaviour);

        FakePeer clone = _rig.Serve("a");

        Assert.Equal(gets, clone.Received is not null);
        _rig.Until(() => _rig.Audit.Anomalies.Count == 1, "the anomaly");
        Assert.Equal(
            $"anomaly=\"machine runs\" behaviour={behaviour} peer={clone.RemoteEndPoint} key={EngineRig.KeyId("a")} client=\"a\" "
                + "detail=\"its own system runs: a check succeeded after the request\"",
            Assert.Single(_rig.Audit.Anomalies).ToString());
        Assert.Contains("AnomalyNoticed(MachineRuns)", _rig.TakeEvents());
        Assert.Equal(gets ? Outcome.ApprovedByDefault : Outcome.Anomaly, Assert.Single(_rig.Audit.Of(clone)).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Open_MachineRunsAndHold_PersonDecides(bool approved)
    {
        Start(AnomalyBehaviour.Hold);

        FakePeer clone = _rig.Hold("a"); // though it is approved by default, without a delay
        Assert.Contains("NeedApproval(300000, False)", _rig.TakeEvents());
        _rig.Approve("a", approved);
        _rig.Finish(clone);

        Assert.Equal(approved, clone.Received is not null);
    }

    [Fact]
    public void Open_MachineRunsAndNobodyDecides_IsRefused()
    {
        Start(AnomalyBehaviour.Hold);

        FakePeer clone = _rig.Hold("a");
        _rig.Pass(TimeSpan.FromMinutes(5));
        _rig.Finish(clone);

        Assert.Null(clone.Received);
        Assert.Equal(Outcome.ApprovalTimedOut, Assert.Single(_rig.Audit.Of(clone)).Outcome);
    }

    [Fact]
    public void Open_MachineIsDown_GetsItsSecretAfterTheCheck()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.Checker.Plan("a", CheckMode.Hangs);

        FakePeer peer = _rig.Connect("a");
        FakeCheck check = _rig.RunningCheckOf("a");
        Assert.Null(peer.Received);
        Assert.Equal(0, _rig["a"].ApprovalsPending); // nobody is asked
        check.End(CheckResult.Exited(1));
        _rig.Finish(peer);

        Assert.NotNull(peer.Received);
        Assert.Empty(_rig.Audit.Anomalies);
        Assert.Null(_rig["a"].LastCheckedOk); // it was no usual check
    }

    [Fact]
    public void Open_CheckDoesNotEnd_GetsItsSecretNevertheless()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.Checker.Plan("a", CheckMode.IsStubborn);

        FakePeer peer = _rig.Connect("a");
        FakeCheck check = _rig.RunningCheckOf("a");
        _rig.Until(() => peer.InWait, "it to wait");
        _rig.Pass(AnomalyWatch.LongestWait);
        _rig.Finish(peer);

        Assert.NotNull(peer.Received);
        check.End(FakeChecker.Success);
    }

    [Fact]
    public void Open_WhileACheckRuns_IsAnsweredByThatOnlyIfItSucceeds()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.Checker.Plan("a", CheckMode.Hangs);
        FakePeer first = _rig.Connect("a");
        FakeCheck before = _rig.RunningCheckOf("a");
        FakePeer second = _rig.Connect("a");
        _rig.Until(() => _rig["a"].Requests.Count == 2, "both to wait");

        before.End(CheckResult.Exited(1)); // the machine may have come up since
        _rig.Until(() => first.Received is not null, "the first to be served");
        FakeCheck own = _rig.RunningCheckOf("a");
        FakePeer third = _rig.Connect("a");
        _rig.Until(() => _rig["a"].Requests.Count == 2, "the third to wait");
        own.End(FakeChecker.Success);
        _rig.Until(() => _rig["a"].ApprovalsPending == 2, "both to be held");

        Assert.Equal([null, null], [second.Received, third.Received]);
    }

    [Fact]
    public void Open_SoonAfterAProof_IsHeldWithoutAnotherCheck()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.Hold("a");
        Assert.Single(_rig.Checker.Prepared);

        _rig.Pass(TimeSpan.FromSeconds(59));
        _rig.Hold("a");
        Assert.Single(_rig.Checker.Prepared);

        _rig.Checker.Plan("a", CheckResult.Exited(1));
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.NotNull(_rig.Serve("a").Received);
        Assert.Equal(2, _rig.Checker.Prepared.Count);
    }

    [Fact]
    public void Open_LogAndCheckSucceedsLate_IsTheMachineItself()
    {
        Start(AnomalyBehaviour.Log);
        _rig.Checker.Plan("a", CheckMode.Hangs);

        FakePeer peer = _rig.Serve("a"); // without waiting for the check
        FakeCheck check = _rig.RunningCheckOf("a");
        _rig.Pass(TimeSpan.FromSeconds(3)); // in which it has started
        check.End(FakeChecker.Success);
        _rig.Until(() => !_rig.Engine.Parts.Probes.IsRunning(_rig.Client("a")), "the check to end");

        Assert.NotNull(peer.Received);
        Assert.Empty(_rig.Audit.Anomalies);
    }

    [Fact]
    public void Open_CheckerProvesNothing_IsNotAsked()
    {
        using var rig = new EngineRig();
        rig.Start(EngineRig.Define("a", static s => s with { Anomaly = AnomalyBehaviour.Hold }));

        Assert.NotNull(rig.Serve("a").Received);
        Assert.Empty(rig.Checker.Prepared);
    }

    [Fact]
    public void Open_DisabledWhileTheCheckRuns_GetsNothing()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.Checker.Plan("a", CheckMode.Hangs);
        FakePeer peer = _rig.Connect("a");
        FakeCheck check = _rig.RunningCheckOf("a");

        _rig.Disable("a");
        check.End(CheckResult.Exited(1));
        _rig.Finish(peer);

        Assert.Null(peer.Received);
    }

    [Fact]
    public void Open_RehearsalOfTheRunningMachine_IsExpected()
    {
        Start(AnomalyBehaviour.Log);
        _rig.Rehearse("a", TimeSpan.FromMinutes(10));

        Assert.NotNull(_rig.Serve("a").Received);
        Assert.Empty(_rig.Audit.Anomalies);
    }

    [Theory]
    [InlineData(AnomalyBehaviour.Hold)]
    [InlineData(AnomalyBehaviour.Refuse)]
    public void Open_RehearsalWhileTheMachineRuns_IsForThePersonWhoAnnouncedIt(string behaviour)
    {
        Start(behaviour);
        _rig.Rehearse("a", TimeSpan.FromMinutes(10));

        FakePeer rehearsal = _rig.Hold("a");
        _rig.Approve("a", true);
        _rig.Finish(rehearsal);
        Assert.NotNull(rehearsal.Received);

        _rig.Checker.Plan("a", CheckResult.Exited(1)); // it boots at once
        Assert.NotNull(_rig.Serve("a").Received);
    }

    [Fact]
    public void Open_CopyAsksDuringAnExpectedReboot_IsHeld()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30), needsNoApproval: true);

        FakePeer copy = _rig.Hold("a"); // the machine has not gone down yet
        _rig.Checker.Plan("a", CheckResult.Exited(1));
        _rig.Pass(AnomalyWatch.ProofTime);

        Assert.NotNull(_rig.Serve("a").Received);
        Assert.Null(copy.Received);
    }

    [Fact]
    public void Open_TwoAddressesAtOnce_BothAreHeld()
    {
        Start(static s => s with { Anomaly = AnomalyBehaviour.Hold, ApprovalDelay = TimeSpan.FromMinutes(10) }, proves: false);
        FakePeer first = _rig.Hold("a", "192.0.2.1");
        FakePeer second = _rig.Hold("a", "192.0.2.2");

        Assert.Contains("other address", Assert.Single(_rig.Audit.Anomalies).ToString(), StringComparison.Ordinal);
        _rig.Pass(TimeSpan.FromMinutes(10));
        _rig.Finish(first);
        _rig.Finish(second);
        Assert.Null(first.Received); // although each would be approved by default
        Assert.Null(second.Received);
    }

    [Fact]
    public void Open_TwoAddressesAtOnceAndRefuse_BothAreRefused()
    {
        Start(static s => s with { Anomaly = AnomalyBehaviour.Refuse, ApprovalDelay = TimeSpan.FromMinutes(10) }, proves: false);
        FakePeer first = _rig.Hold("a", "192.0.2.1");

        FakePeer second = _rig.Serve("a", "192.0.2.2");
        _rig.Finish(first);

        Assert.Equal([null, null], [first.Received, second.Received]);
    }

    [Theory]
    [InlineData("fe80::1%1", "fe80::1%2", false)] // seen on two interfaces of the server
    [InlineData("fe80::1%1", "fe80::2%1", true)]
    public void Open_LinkLocalAddresses_AreComparedWithoutInterface(string one, string other, bool isAnomaly)
    {
        Start(static s => s with { ApprovalDelay = TimeSpan.FromMinutes(10) }, proves: false);
        _rig.Hold("a", one);
        _rig.Hold("a", other);

        Assert.Equal(isAnomaly ? 1 : 0, _rig.Audit.Anomalies.Count);
    }

    [Fact]
    public void Open_TwoAddressesAtOnceWithApproveAll_AreExpected()
    {
        Start(static s => s with { ApproveAll = true, ApprovalDelay = TimeSpan.FromMinutes(10) }, proves: false);
        _rig.Hold("a", "192.0.2.1");
        _rig.Hold("a", "192.0.2.2");

        Assert.Empty(_rig.Audit.Anomalies);
    }

    [Fact]
    public void Open_FourthBootWithoutASignOfLife_IsNoticed()
    {
        Start(AnomalyBehaviour.Hold, proves: false);
        for (int i = 0; i < AnomalyWatch.FailedBoots; i++)
        {
            _rig.Pass(TimeSpan.FromMinutes(2));
            Assert.NotNull(_rig.Serve("a").Received);
            Assert.NotNull(_rig.Serve("a").Received); // its second disk
        }

        _rig.Pass(TimeSpan.FromMinutes(2));
        FakePeer held = _rig.Hold("a");
        Assert.Contains("3 boots got the secret since it was last seen alive", Assert.Single(_rig.Audit.Anomalies).Detail, StringComparison.Ordinal);
        held.GoAway();
        _rig.Finish(held);
        _rig.MarkCheckedOk("a");

        Assert.NotNull(_rig.Serve("a").Received);
    }

    [Fact]
    public void Open_AnotherNetworkCard_IsNoticedUntilItGotASecret()
    {
        Start(AnomalyBehaviour.Hold, proves: false);
        Assert.NotNull(_rig.Serve("a", OneCard).Received);
        Assert.NotNull(_rig.Serve("a", "192.0.2.1").Received); // which does not tell the card
        _rig.MarkCheckedOk("a");

        FakePeer held = _rig.Hold("a", OtherCard);
        Assert.Equal(
            "the request comes from network card 00:11:22:33:44:02; secrets went to 00:11:22:33:44:01", Assert.Single(_rig.Audit.Anomalies).Detail);
        _rig.Approve("a", true);
        _rig.Finish(held);
        Assert.NotNull(held.Received);
        _rig.MarkCheckedOk("a");

        Assert.NotNull(_rig.Serve("a", OtherCard).Received);
        Assert.Single(_rig.Audit.Anomalies);
    }

    [Fact]
    public void Open_ReloadedWithAnotherKey_ForgetsTheCards()
    {
        Start(AnomalyBehaviour.Hold, proves: false);
        _rig.Serve("a", OneCard);
        _rig.Reload(EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("b"), Anomaly = AnomalyBehaviour.Hold }));

        Assert.NotNull(_rig.Serve("b", OtherCard).Received);
    }

    [Fact]
    public void Stop_WhileACheckRuns_EndsIt()
    {
        Start(AnomalyBehaviour.Hold);
        _rig.Checker.Plan("a", CheckMode.Hangs);
        FakePeer peer = _rig.Connect("a");
        _rig.RunningCheckOf("a");

        _rig.Run(_rig.Engine.StopAsync(CancellationToken.None));

        Assert.Null(peer.Received);
        Assert.Equal(0, _rig.Checker.CountRunning("a"));
    }

    private void Start(string behaviour, bool proves = true) => Start(s => s with { Anomaly = behaviour }, proves);

    private void Start(Func<ClientSettings, ClientSettings> change, bool proves)
    {
        if (!proves)
        {
            _rig.Checker.Plan("a", CheckResult.Exited(1));
        }

        _rig.Start(EngineRig.Define("a", s => change(s) with { Timeout = TimeSpan.FromDays(1), ExtendedTimeout = TimeSpan.FromDays(1), Interval = TimeSpan.FromHours(12) }));
    }
}
