using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Control;

/// <summary>The order of events, one test for each row of the D-Bus interface's table of signals.</summary>
public sealed class EventOrderTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Enable_DisabledClient_TellsEnabledThenTimes()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        _rig.Enable("a");

        Assert.Equal(["Enabled=True", "LastEnabled=0", "Expires=300"], _rig.TakeEvents());
    }

    [Fact]
    public void Enable_EnabledClient_TellsNothing()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Enable("a");

        Assert.Empty(_rig.TakeEvents());
    }

    [Fact]
    public void Disable_NoCheckRunning_TellsExpiresThenEnabled()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Disable("a");

        Assert.Equal(["Expires=", "Enabled=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Disable_CheckRunning_TellsThatItStoppedInBetween()
    {
        StartWithRunningCheck();

        _rig.Disable("a");

        Assert.Equal(["Expires=", "CheckerRunning=False", "Enabled=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Expiry_CheckRunning_TellsTheSameAsDisable()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(60));
        _rig.Until(() => _rig["a"].CheckerRunning, "the check to start");
        _rig.TakeEvents();

        _rig.Pass(TimeSpan.FromSeconds(240));

        Assert.Equal(["Expires=", "CheckerRunning=False", "Enabled=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Disable_ConnectionsWaiting_TellsTheirRefusalAfterwards()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        _rig.Hold("a");
        _rig.Hold("a");
        _rig.TakeEvents();

        _rig.Disable("a");

        Assert.Equal(
            [
                "Expires=", "Enabled=False", "Requests=2 [fe80::1]:40000", "Rejected(Disabled)", "Requests=", "Rejected(Disabled)",
                "ApprovalPending=False",
            ],
            _rig.TakeEvents());
    }

    [Fact]
    public void ChangeTimeout_Enabled_TellsTimeoutThenExpires()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromSeconds(400)));

        Assert.Equal(["Timeout=400", "Expires=400"], _rig.TakeEvents());
    }

    [Fact]
    public void ChangeTimeout_ExpiryIsPast_TellsThatItIsDisabled()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(50));

        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromSeconds(40)));

        Assert.Equal(["Timeout=40", "Expires=40", "Expires=", "Enabled=False"], _rig.TakeEvents());
    }

    [Fact]
    public void ChangeTimeout_Disabled_TellsTimeoutAlone()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromSeconds(40)));

        Assert.Equal(["Timeout=40"], _rig.TakeEvents());
    }

    [Fact]
    public void ChangeInterval_Enabled_TellsIntervalThenTheCheck()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));

        _rig.Change("a", ClientChange.Of(ClientSetting.Interval, TimeSpan.FromSeconds(30)));

        Assert.Equal(["Interval=30", "CheckerRunning=True", "CheckerStarted(fake check)"], _rig.TakeEvents());
    }

    [Fact]
    public void Change_EqualValues_TellsNothing()
    {
        _rig.Start(EngineRig.Define("a"));
        ClientSettings s = _rig["a"].Settings;

        _rig.Change("a", ClientChange.Of(ClientSetting.Host, s.Host)
            .With(ClientSetting.Checker, s.Checker)
            .With(ClientSetting.Interval, s.Interval)
            .With(ClientSetting.Timeout, s.Timeout)
            .With(ClientSetting.ExtendedTimeout, s.ExtendedTimeout)
            .With(ClientSetting.ApprovalDelay, s.ApprovalDelay)
            .With(ClientSetting.ApprovalDuration, s.ApprovalDuration)
            .With(ClientSetting.ApprovedByDefault, s.ApprovedByDefault));
        _rig.SetSecret("a", System.Text.Encoding.UTF8.GetBytes(EngineRig.FileSecret("a")));

        Assert.Empty(_rig.TakeEvents());
    }

    [Fact]
    public void Change_EachSetting_TellsThatOne()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "h")
            .With(ClientSetting.Checker, "c")
            .With(ClientSetting.ExtendedTimeout, TimeSpan.FromSeconds(1))
            .With(ClientSetting.ApprovalDelay, TimeSpan.FromSeconds(2))
            .With(ClientSetting.ApprovalDuration, TimeSpan.FromSeconds(3))
            .With(ClientSetting.ApprovedByDefault, false));
        _rig.SetSecret("a", new byte[] { 1 });

        Assert.Equal(
            ["Host=h", "Checker=c", "ExtendedTimeout=1", "ApprovalDelay=2", "ApprovalDuration=3", "ApprovedByDefault=False",
                "Secret="],
            _rig.TakeEvents());
    }

    [Fact]
    public void MarkCheckedOk_StatusNew_TellsTimeStatusExpiry()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(10));

        _rig.MarkCheckedOk("a");
        _rig.MarkCheckedOk("a");

        Assert.Equal(
            ["LastCheckedOk=10", "LastCheckerStatus=0", "Expires=310", "LastCheckedOk=10", "Expires=310"], _rig.TakeEvents());
    }

    [Fact]
    public void MarkCheckedOk_Disabled_TellsNoExpiry()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        _rig.MarkCheckedOk("a");

        Assert.Equal(["LastCheckedOk=0", "LastCheckerStatus=0"], _rig.TakeEvents());
    }

    [Fact]
    public void Check_Succeeds_TellsAllInOrder()
    {
        StartWithRunningCheck();

        _rig.RunningCheckOf("a").End(FakeChecker.Success);
        _rig.Settle();

        Assert.Equal(
            ["CheckerRunning=False", "LastCheckerStatus=0", "LastCheckedOk=0", "Expires=300",
                "CheckerCompleted(0, 0, fake check)"],
            _rig.TakeEvents());
    }

    [Fact]
    public void Check_FailsTwice_TellsStatusOnce()
    {
        _rig.Checker.Plan("a", CheckResult.Exited(3));
        _rig.Start(EngineRig.Define("a"));

        _rig.StartChecker("a");
        _rig.Settle();
        _rig.StartChecker("a");
        _rig.Settle();

        Assert.Equal(
            [
                "CheckerRunning=True", "CheckerStarted(fake check)",
                "CheckerRunning=False", "LastCheckerStatus=3", "CheckerCompleted(3, 768, fake check)",
                "CheckerRunning=True", "CheckerStarted(fake check)",
                "CheckerRunning=False", "CheckerCompleted(3, 768, fake check)",
            ],
            _rig.TakeEvents());
    }

    [Fact]
    public void Check_KilledBySignal_TellsStatusMinusOneAndTheSignal()
    {
        StartWithRunningCheck();

        _rig.RunningCheckOf("a").End(CheckResult.Signaled(9));
        _rig.Settle();

        Assert.Equal(
            ["CheckerRunning=False", "LastCheckerStatus=-1", "CheckerCompleted(-1, 9, fake check)"], _rig.TakeEvents());
    }

    [Fact]
    public void StopChecker_CheckRunning_TellsThatAlone()
    {
        StartWithRunningCheck();

        _rig.StopChecker("a");
        _rig.Settle();

        Assert.Equal(["CheckerRunning=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Remove_Idle_TellsThatItIsGone()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Remove("a");

        Assert.Equal(["ClientRemoved(Command)"], _rig.TakeEvents());
    }

    [Fact]
    public void Remove_CheckAndConnection_TellsTheirEndsFirstAndNothingAfterwards()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        _rig.StartChecker("a");
        FakePeer peer = _rig.Hold("a");
        _rig.TakeEvents();

        _rig.Remove("a");
        _rig.Finish(peer);

        Assert.Equal(
            ["CheckerRunning=False", "Requests=", "Rejected(Disabled)", "ApprovalPending=False", "ClientRemoved(Command)"], _rig.TakeEvents());
        Assert.Null(peer.Received);
    }

    [Fact]
    public void Connection_UnknownKey_TellsKeyAndAddress()
    {
        _rig.Start(EngineRig.Define("a"));

        FakePeer peer = _rig.Finish(_rig.Connect(
            new FakePeer("192.0.2.7").SendHello().Authenticate(EngineRig.PublicKey("b")).TakeSecret()));

        Assert.Equal([$"ClientNotFound({EngineRig.KeyId("b")}, 192.0.2.7)"], _rig.TakeEvents());
        Assert.Null(peer.Received);
        Assert.True(peer.GotCloseNotify);
    }

    [Theory]
    [InlineData(PeerKeyType.RawPublicKey)]
    [InlineData(PeerKeyType.OpenPgp)]
    public void Connection_EmptyKey_IsNotFoundEvenIfAClientClaimsIt(PeerKeyType type)
    {
        const string emptyKeyId = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        _rig.Start(EngineRig.Define("a", static s => s with { KeyId = emptyKeyId }));

        FakePeer peer = _rig.Finish(_rig.Connect(new FakePeer("192.0.2.7").SendHello().Authenticate("", type).TakeSecret()));

        Assert.Equal([$"ClientNotFound({emptyKeyId}, 192.0.2.7)"], _rig.TakeEvents());
        Assert.Null(peer.Received);
    }

    [Fact]
    public void ApprovalWait_TwoConnections_TellsPendingOnce()
    {
        _rig.Start(EngineRig.Define("a",
            static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10), ApprovedByDefault = false }));
        _rig.Pass(TimeSpan.FromSeconds(5));

        _rig.Hold("a");
        _rig.Hold("a");

        Assert.Equal(
            [
                "ApprovalPending=True", "LastApprovalRequest=5", "Requests=1 [fe80::1]:40000", "NeedApproval(10000, False)",
                "LastApprovalRequest=5", "Requests=1 [fe80::1]:40000, 2 [fe80::1]:40000", "NeedApproval(10000, False)",
            ],
            _rig.TakeEvents());
    }

    [Fact]
    public void Secret_SentAfterApproval_TellsExpiryThenSecretThenPending()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer peer = _rig.Hold("a");
        _rig.TakeEvents();

        _rig.Approve("a", true);
        _rig.Finish(peer);

        Assert.Equal(["Requests=", "Expires=900", "ProvenAt=0", "GotSecret", "ApprovalPending=False"], _rig.TakeEvents());
    }

    [Fact]
    public void Secret_SentAtOnce_TellsExpiryThenSecret()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Serve("a");

        Assert.Equal(["Expires=900", "ProvenAt=0", "GotSecret"], _rig.TakeEvents());
    }

    [Fact]
    public void Refusal_Disabled_TellsRejected()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        FakePeer peer = _rig.Serve("a");

        Assert.Equal(["Rejected(Disabled)"], _rig.TakeEvents());
        Assert.Null(peer.Received);
        Assert.True(peer.GotCloseNotify);
    }

    [Fact]
    public void Refusal_Denied_TellsRejectedThenPending()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer waiting = _rig.Hold("a");
        _rig.TakeEvents();

        _rig.Approve("a", false);
        _rig.Finish(waiting);
        _rig.Serve("a");

        Assert.Equal(["Requests=", "Rejected(Denied)", "ApprovalPending=False", "Rejected(Denied)"], _rig.TakeEvents());
    }

    [Fact]
    public void Refusal_NobodyDecides_TellsThatApprovalTimedOut()
    {
        _rig.Start(EngineRig.Define("a",
            static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10), ApprovedByDefault = false }));
        FakePeer peer = _rig.Hold("a");
        _rig.TakeEvents();

        _rig.Pass(TimeSpan.FromSeconds(10));
        _rig.Finish(peer);

        Assert.Equal(["Requests=", "Rejected(ApprovalTimedOut)", "ApprovalPending=False"], _rig.TakeEvents());
    }

    private void StartWithRunningCheck()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        _rig.StartChecker("a");
        Assert.Equal(["CheckerRunning=True", "CheckerStarted(fake check)"], _rig.TakeEvents());
    }
}
