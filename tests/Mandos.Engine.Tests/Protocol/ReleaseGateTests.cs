using System.Text;
using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Protocol;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Protocol;

/// <summary>The gates that have to agree before a secret is written, through the engine.</summary>
public sealed class ReleaseGateTests : IDisposable
{
    private readonly FakeGate _first = new();
    private readonly FakeGate _second = new();
    private readonly EngineRig _rig;

    public ReleaseGateTests()
        => _rig = new EngineRig { Options = new EngineOptions { Gates = [_first, _second] } }.Start(EngineRig.Define("a"));

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Secret_AllAgree_IsSentAfterThem()
    {
        FakePeer peer = Ask(_first);
        Assert.Equal(0, _second.Asked);
        _first.Answer.SetResult(true);
        _rig.Until(() => _second.Asked == 1, "the second gate");
        Assert.False(peer.InWrite);
        _second.Answer.SetResult(true);

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.ASCII.GetString(_rig.Finish(peer).Received!));
        Assert.Equal(Outcome.ApprovedByDefault, Assert.Single(_rig.Audit.Of(peer)).Outcome);
    }

    [Fact]
    public void Secret_OneDisagrees_IsRefusedForItsReason()
    {
        FakePeer peer = Ask(_first);
        _first.Answer.SetResult(false);
        RequireRefused(peer, detail: null);
        Assert.Equal(0, _second.Asked);
        Assert.True(_rig.Log.Has(LogLevel.Error, "Client a: refused its secret: the fake gate is closed"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Secret_OneDoesNotAnswer_IsRefusedInTime(bool isStubborn)
    {
        var gate = new FakeGate { IsStubborn = isStubborn };
        using EngineRig rig = new EngineRig { Options = new EngineOptions { Gates = [gate] } }.Start(EngineRig.Define("a"));
        FakePeer peer = rig.Connect("a");
        rig.Until(() => gate.Asked == 1, "the gate");
        rig.Pass(ProtocolLimits.GateTime - TimeSpan.FromMilliseconds(1));
        Assert.False(peer.IsDisposed);
        rig.Pass(TimeSpan.FromMilliseconds(1));
        rig.Finish(peer);
        rig.Until(() => gate.HasGivenUp != isStubborn, "the gate to give up");

        gate.Answer.TrySetResult(true); // too late
        Assert.Null(peer.Received);
        Assert.True(peer.GotCloseNotify);
        AuditRecord record = Assert.Single(rig.Audit.Of(peer));
        Assert.Equal((Outcome.Denied, "it took longer than 10 s"), (record.Outcome, record.Detail));
    }

    [Fact]
    public void Secret_OneFails_IsRefused()
    {
        FakePeer peer = Ask(_first);
        _first.Answer.SetException(new InvalidOperationException("a fault"));
        RequireRefused(peer, nameof(InvalidOperationException));
    }

    [Fact]
    public void Secret_OneIsCancelledByItself_IsRefused()
    {
        FakePeer peer = Ask(_first);
        _first.Answer.SetCanceled(TestContext.Current.CancellationToken);
        RequireRefused(peer, nameof(TaskCanceledException));
    }

    [Fact]
    public void Secret_OneChangesItsMind_IsRefused()
    {
        FakePeer peer = Ask(_first);
        _first.Answer.SetResult(true);
        _rig.Until(() => _second.Asked == 1, "the second gate");
        _first.HasChangedItsMind = true;
        _second.Answer.SetResult(true);
        RequireRefused(peer, detail: null);
    }

    [Fact]
    public void Secret_ServerStopsMeanwhile_IsNotSent()
    {
        FakePeer peer = Ask(_first);
        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));

        _rig.Until(() => _first.HasGivenUp, "the gate to give up"); // the server does not wait for it
        Assert.Null(peer.Received);
        Assert.Equal(Outcome.ServerStopping, Assert.Single(_rig.Audit.Of(peer)).Outcome);
        Assert.DoesNotContain(_rig.Log.Lines, static line => line.Level >= LogLevel.Error);
    }

    [Fact]
    public void Approval_OneDisagrees_IsNotPendingAnyMore()
    {
        using EngineRig rig = new EngineRig { Options = new EngineOptions { Gates = [_first] } }.Start(
            EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(100) }));
        FakePeer peer = rig.Hold("a");
        rig.Approve("a", true);
        rig.Until(() => _first.Asked == 1, "the gate");
        Assert.Equal(1, rig["a"].ApprovalsPending);
        _first.Answer.SetResult(false);
        rig.Finish(peer);
        Assert.Equal(0, rig["a"].ApprovalsPending);
        Assert.DoesNotContain("GotSecret", rig.TakeEvents());
    }

    private FakePeer Ask(FakeGate gate)
    {
        FakePeer peer = _rig.Connect("a");
        _rig.Until(() => gate.Asked == 1, "the gate");
        Assert.False(peer.InWrite);
        return peer;
    }

    private void RequireRefused(FakePeer peer, string? detail)
    {
        _rig.Finish(peer);
        Assert.Null(peer.Received);
        Assert.True(peer.GotCloseNotify);
        Assert.False(peer.IsReset);
        AuditRecord record = Assert.Single(_rig.Audit.Of(peer));
        Assert.Equal(("refused", Outcome.Denied, detail), (record.Decision, record.Outcome, record.Detail));
        Assert.DoesNotContain("GotSecret", _rig.TakeEvents());
    }
}
