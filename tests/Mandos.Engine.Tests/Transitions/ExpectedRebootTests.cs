using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Transitions;

/// <summary>Reboots that a person has announced, through the engine. Timeout 5 min, interval 2 min; the client is not seen alive.</summary>
public sealed class ExpectedRebootTests : IDisposable
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly EngineRig _rig = new();

    public ExpectedRebootTests() => _rig.Checker.Plan("a", CheckResult.Exited(1));

    public void Dispose() => _rig.Dispose();

    private static ClientDefinition Define(bool byDefault = true) => EngineRig.Define("a", settings => settings with
    {
        ApprovalDelay = byDefault ? TimeSpan.Zero : _minute,
        ApprovalDuration = TimeSpan.FromMinutes(30),
        ApprovedByDefault = byDefault,
    });

    private void Start(bool byDefault = true) => _rig.Start(Define(byDefault));

    private void Pass(TimeSpan time)
    {
        for (; time > TimeSpan.Zero; time -= _minute)
        {
            _rig.Pass(time < _minute ? time : _minute);
            _rig.Settle();
        }
    }

    /// <summary>The server starts again with what was saved.</summary>
    private EngineRig Restart(TimeSpan later, ClientDefinition definition)
    {
        _rig.Pass(_second);
        _rig.Settle();
        var rig = new EngineRig { Store = new FakeStore(_rig.Store.Durable), Clock = new TestClock() };
        rig.Checker.Plan("a", CheckResult.Exited(1));
        rig.Clock.Advance(_rig.Clock.GetUtcNow() - TestClock.Epoch + later);
        return rig.Start(definition);
    }

    [Fact]
    public void ExpectReboot_ClientIsAwayForLongerThanItsTimeout_IsServedOnceItIsBack()
    {
        Start();
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30));

        Pass(29 * _minute);
        Assert.Equal((true, TestClock.Epoch + TimeSpan.FromMinutes(30)), (_rig["a"].Enabled, _rig["a"].Expires));
        Assert.NotNull(_rig.Serve("a").Received);

        Assert.Null(_rig["a"].ExpectedReboot);
        Assert.Equal(TestClock.Epoch + TimeSpan.FromMinutes(29) + _rig["a"].Settings.ExtendedTimeout, _rig["a"].Expires);
    }

    [Fact]
    public void ExpectReboot_ClientDoesNotComeBack_IsDisabledWhenTheTimeIsOver()
    {
        Start();
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30));
        Pass(29.5 * _minute);
        Assert.True(_rig["a"].Enabled);
        _rig.TakeEvents();

        Pass(0.5 * _minute);

        Assert.False(_rig["a"].Enabled);
        Assert.Equal(["RebootExpectationEnded(TimeOver)"], _rig.TakeEvents().Where(static text => text.StartsWith("Reboot", StringComparison.Ordinal)));
        Assert.Null(_rig.Serve("a").Received);
    }

    [Fact]
    public void ExpectReboot_ClientIsSeenAliveMeanwhile_ExpiresWhenItDoesByItself()
    {
        Start();
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30));
        Pass(28 * _minute);
        _rig.MarkCheckedOk("a");
        Assert.Equal(TestClock.Epoch + TimeSpan.FromMinutes(33), _rig["a"].Expires);

        Pass(4 * _minute);
        Assert.Equal((true, (ExpectedReboot?)null), (_rig["a"].Enabled, _rig["a"].ExpectedReboot));
        Pass(_minute);
        Assert.False(_rig["a"].Enabled);
    }

    [Fact]
    public void ExpectReboot_TakenBackAfterItsTimeout_ClientIsDisabledAtOnce()
    {
        Start();
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30));
        Pass(2 * _minute);
        _rig.ExpectReboot("a", TimeSpan.Zero);
        Assert.Equal((true, TestClock.Epoch + TimeSpan.FromMinutes(5)), (_rig["a"].Enabled, _rig["a"].Expires));

        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30));
        Pass(10 * _minute);
        _rig.ExpectReboot("a", TimeSpan.Zero);

        Assert.False(_rig["a"].Enabled);
        Assert.Contains("RebootExpectationEnded(TakenBack)", _rig.TakeEvents());
    }

    [Fact]
    public void ExpectReboot_WithoutApproval_OneSecretAndThenTheUsualRules()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(4), needsNoApproval: true);

        Assert.NotNull(_rig.Serve("a").Received);
        FakePeer second = _rig.Hold("a");

        Pass(_minute);
        Assert.Null(_rig.Finish(second).Received);
        Assert.Contains("RebootExpectationEnded(SecretSent)", _rig.TakeEvents());
        Assert.Equal(["expected reboot", "approval timed out"], _rig.Audit.Records.Select(static record => record.Outcome.Phrase()));
    }

    [Fact]
    public void ExpectReboot_SecretIsOnItsWay_OthersMeetTheUsualRules()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(4), needsNoApproval: true);
        var first = new FakePeer("192.0.2.1");
        _rig.Connect(first.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => first.InWrite, "the secret to be on its way");

        FakePeer second = _rig.Hold("a", "192.0.2.2");
        first.Write.SetException(new IOException("it went away"));
        _rig.Until(() => first.IsDisposed, "the first to end");

        Assert.Null(first.Received);
        Assert.NotNull(_rig["a"].ExpectedReboot); // nobody got it
        Assert.NotNull(_rig.Serve("a", "192.0.2.3").Received);
        Assert.Null(_rig["a"].ExpectedReboot);
        Assert.True(second.InWait);
    }

    [Fact]
    public void ExpectReboot_WithApproval_WaitsForIt()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(4));

        FakePeer peer = _rig.Hold("a");
        _rig.Approve("a", true);

        Assert.NotNull(_rig.Finish(peer).Received);
        Assert.Null(_rig["a"].ExpectedReboot);
    }

    [Fact]
    public void ExpectReboot_ClientIsDenied_GetsNothing()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(20), needsNoApproval: true);
        _rig.Approve("a", false);

        Assert.Null(_rig.Serve("a").Received);
        Assert.NotNull(_rig["a"].ExpectedReboot);
    }

    [Fact]
    public void ExpectReboot_ClientIsDisabledAndEnabled_IsOver()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(20), needsNoApproval: true);

        _rig.Disable("a");
        Assert.Null(_rig["a"].ExpectedReboot);
        Assert.Null(_rig.Serve("a").Received);
        _rig.Enable("a");

        Assert.Equal(TestClock.Epoch + TimeSpan.FromMinutes(5), _rig["a"].Expires);
        _rig.Hold("a");
        Assert.Contains("RebootExpectationEnded(Disabled)", _rig.TakeEvents());
    }

    [Fact]
    public void ExpectReboot_DisabledClient_IsRefused()
    {
        Start();
        _rig.Disable("a");

        ClientDisabledException refused = Assert.Throws<ClientDisabledException>(() => _rig.ExpectReboot("a", _minute));

        Assert.Equal("client “a” is disabled and gets no secret; enable it first", refused.Message);
        _rig.ExpectReboot("a", TimeSpan.Zero); // there is none
    }

    [Fact]
    public void ExpectReboot_ClientExpiredBeforeTheTimerIsHandled_IsRefused()
    {
        Start();
        Task<CommandResult> expected = _rig.Engine.Server.ExpectRebootAsync("a", new RebootPlan(_minute), EngineRig.Person, CancellationToken.None);
        _rig.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Throws<ClientDisabledException>(() => _rig.Run(expected));
        Assert.False(_rig["a"].Enabled);
    }

    [Theory]
    [InlineData(8 * 24 * 3600, "", "a reboot can be expected for at most 7 days")]
    [InlineData(-1, "", "a reboot can be expected for at most 7 days")]
    [InlineData(60, "201", "the reason for a reboot may have 200 characters; this one has 201")]
    [InlineData(60, "a\nb", "the reason for a reboot may have no control characters, such as line feeds")]
    public void ExpectReboot_OutOfRange_IsRefused(int seconds, string reason, string message)
    {
        Start();
        var plan = new RebootPlan(TimeSpan.FromSeconds(seconds)) { Reason = reason == "201" ? new string('a', 201) : reason };

        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => _rig.Run(_rig.Engine.Server.ExpectRebootAsync("a", plan, EngineRig.Person, CancellationToken.None)));

        Assert.Equal(message, refused.Message);
        Assert.Null(_rig["a"].ExpectedReboot);
    }

    [Fact]
    public void ExpectReboot_ServerStartsAgain_HoldsOn()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30), needsNoApproval: true);
        Pass(10 * _minute);
        using EngineRig rig = Restart(TimeSpan.FromMinutes(10), Define(byDefault: false));

        Assert.Equal(
            (TestClock.Epoch + TimeSpan.FromMinutes(30), "a new kernel", true),
            (rig["a"].ExpectedReboot!.Until, rig["a"].ExpectedReboot!.Reason, rig["a"].ExpectedReboot!.NeedsNoApproval));
        Assert.Equal((true, TestClock.Epoch + TimeSpan.FromMinutes(30)), (rig["a"].Enabled, rig["a"].Expires));
        Assert.NotNull(rig.Serve("a").Received);
        rig.Hold("a");
    }

    [Fact]
    public void ExpectReboot_TimeIsOverWhileTheServerIsAway_ItIsNotExpected()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(30), needsNoApproval: true);
        Pass(10 * _minute);
        using EngineRig rig = Restart(TimeSpan.FromMinutes(21), Define(byDefault: false));

        Assert.Equal((false, (ExpectedReboot?)null), (rig["a"].Enabled, rig["a"].ExpectedReboot));
        Assert.Null(rig.Serve("a").Received);
    }

    [Fact]
    public void ExpectReboot_AnotherKeyAtTheNextStart_ItIsNotExpected()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(4), needsNoApproval: true);
        ClientDefinition other = Define(byDefault: false);
        using EngineRig rig = Restart(TimeSpan.Zero, other with { Settings = other.Settings with { KeyId = EngineRig.KeyId("b") } });

        Assert.Equal((true, (ExpectedReboot?)null), (rig["a"].Enabled, rig["a"].ExpectedReboot));
    }

    [Fact]
    public void ExpectReboot_AnotherKeyAfterAReload_ItIsNotExpected()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(20), needsNoApproval: true);
        ClientDefinition other = Define(byDefault: false);

        _rig.Reload(other with { Settings = other.Settings with { KeyId = EngineRig.KeyId("b") } });

        Assert.Equal((true, (ExpectedReboot?)null), (_rig["a"].Enabled, _rig["a"].ExpectedReboot));
        Assert.Equal(TestClock.Epoch + TimeSpan.FromMinutes(5), _rig["a"].Expires);
    }

    [Fact]
    public void ExpectReboot_ClientLeavesTheFilesAndComesBack_ItIsNotExpected()
    {
        Start(byDefault: false);
        _rig.ExpectReboot("a", TimeSpan.FromMinutes(20), needsNoApproval: true);

        _rig.Reload();
        _rig.Reload(Define(byDefault: false));

        Assert.Equal((true, (ExpectedReboot?)null), (_rig["a"].Enabled, _rig["a"].ExpectedReboot));
        _rig.Hold("a");
    }

    [Fact]
    public void Rehearse_NextRequest_IsToldApartOnce()
    {
        Start();
        _rig.Rehearse("a", TimeSpan.FromMinutes(2));

        Assert.NotNull(_rig.Serve("a").Received);
        Assert.NotNull(_rig.Serve("a").Received);

        Assert.Equal(["Rehearsed()"], _rig.TakeEvents().Where(static text => text.StartsWith("Rehearsed", StringComparison.Ordinal)));
        Assert.Equal((string?[])["rehearsal", null], _rig.Audit.Records.Select(static record => record.Detail));
    }

    [Fact]
    public void Rehearse_RequestThatGetsNothing_SaysWhy()
    {
        Start(byDefault: false);
        _rig.Rehearse("a", TimeSpan.FromMinutes(2));

        FakePeer peer = _rig.Hold("a");
        Pass(_minute);

        Assert.Null(_rig.Finish(peer).Received);
        Assert.Contains("Rehearsed(approval timed out)", _rig.TakeEvents());
    }

    [Fact]
    public void Rehearse_TimeIsOver_NextRequestIsNone()
    {
        Start();
        _rig.Rehearse("a", TimeSpan.FromMinutes(2));
        Assert.Equal(TestClock.Epoch + TimeSpan.FromMinutes(2), _rig["a"].RehearsalUntil);

        Pass(2 * _minute);

        Assert.Null(_rig["a"].RehearsalUntil);
        Assert.NotNull(_rig.Serve("a").Received);
        Assert.DoesNotContain("Rehearsed()", _rig.TakeEvents());
        Assert.Throws<ArgumentException>(() => _rig.Rehearse("a", TimeSpan.FromHours(25)));
    }

    [Fact]
    public void Proof_SecretSent_HoldsUntilSecretOrHostIsAnotherAndOverARestart()
    {
        Start();
        Assert.Null(_rig["a"].ProvenAt);
        _rig.Serve("a");
        Assert.Equal(TestClock.Epoch, _rig["a"].ProvenAt);

        _rig.Change("a", ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromHours(1)));
        Assert.NotNull(_rig["a"].ProvenAt);
        using (EngineRig rig = Restart(TimeSpan.Zero, Define()))
        {
            Assert.Equal(TestClock.Epoch, rig["a"].ProvenAt);
        }

        using (EngineRig rig = Restart(TimeSpan.Zero, Define() with { Secret = new Secret("other"u8) }))
        {
            Assert.Null(rig["a"].ProvenAt); // the file has another secret
        }

        _rig.Change("a", ClientChange.Of(ClientSetting.Host, "elsewhere"));
        Assert.Null(_rig["a"].ProvenAt);
        _rig.Serve("a");
        Assert.NotNull(_rig["a"].ProvenAt);
        _rig.SetSecret("a", "other"u8.ToArray());
        Assert.Null(_rig["a"].ProvenAt);
        Assert.Equal(2, _rig.TakeEvents().Count(static text => text == "BootUnproven"));
    }

    [Fact]
    public void Proof_SecretThatDidNotGoOut_IsNone()
    {
        Start();
        var peer = new FakePeer();
        _rig.Connect(peer.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the secret to be on its way");
        peer.Write.SetException(new IOException("it went away"));
        _rig.Until(() => peer.IsDisposed, "the connection to end");

        Assert.Null(_rig["a"].ProvenAt);
    }
}
