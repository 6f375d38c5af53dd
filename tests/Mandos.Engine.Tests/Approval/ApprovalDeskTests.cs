using Mandos.Abstractions.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Approval;

/// <summary>Who gets a secret and who does not, through the engine.</summary>
public sealed class ApprovalDeskTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Approve_ExpiryPastBeforeTheTimerIsHandled_GivesNothing()
    {
        _rig.Start(EngineRig.Define("a", s => s with { ApprovalDelay = TimeSpan.FromDays(1) }));
        FakePeer peer = _rig.Hold("a");

        // Posted before the timer's work, carried out after the expiry
        Task approved = _rig.Engine.ApproveAsync("a", true, CancellationToken.None);
        _rig.Clock.Advance(TimeSpan.FromHours(1));
        _rig.Run(approved);
        _rig.Finish(peer);

        Assert.Null(peer.Received);
        Assert.False(_rig["a"].Enabled);
    }

    [Theory]
    [InlineData(true, null, true)] // approved by default, verdict in force: gets it
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, null, false)]
    [InlineData(false, true, true)]
    [InlineData(false, false, false)]
    public void Open_NoDelay_VerdictThenDefaultDecides(bool byDefault, bool? verdict, bool gets)
    {
        _rig.Start(EngineRig.Define("a", s => s with { ApprovedByDefault = byDefault }));
        if (verdict is { } approved)
        {
            _rig.Approve("a", approved);
        }

        FakePeer peer = _rig.Serve("a");

        Assert.Equal(gets, peer.Received is not null);
        Assert.Equal(gets, _rig.TakeEvents().Contains("GotSecret"));
        Assert.Equal(0, _rig["a"].ApprovalsPending);
        Assert.Null(_rig["a"].LastApprovalRequest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wait_DelayOver_DefaultOfThatMomentDecides(bool byDefault)
    {
        _rig.Start(EngineRig.Define("a",
            s => s with { ApprovalDelay = TimeSpan.FromSeconds(10), ApprovedByDefault = !byDefault }));
        FakePeer peer = _rig.Hold("a");
        _rig.Change("a", new ClientChange { ApprovedByDefault = byDefault });

        _rig.Pass(TimeSpan.FromSeconds(9.999));
        Assert.Equal(1, _rig["a"].ApprovalsPending);
        _rig.Pass(TimeSpan.FromSeconds(0.001));

        Assert.Equal(byDefault, _rig.Finish(peer).Received is not null);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Approve_Waiting_DecidesAllAndThoseThatComeInItsTime(bool approved)
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer[] waiting = [_rig.Hold("a"), _rig.Hold("a"), _rig.Hold("a")];

        _rig.Approve("a", approved);
        Assert.All(waiting, peer => Assert.Equal(approved, _rig.Finish(peer).Received is not null));
        _rig.Pass(TimeSpan.FromSeconds(0.999));
        Assert.Equal(approved, _rig.Serve("a").Received is not null);
        _rig.Pass(TimeSpan.FromSeconds(0.001));

        _rig.Hold("a");
        Assert.Equal(1, _rig["a"].ApprovalsPending);
    }

    [Fact]
    public void Approve_Again_ReplacesTheFormerAndCountsFromNow()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Approve("a", true);
        _rig.Pass(TimeSpan.FromSeconds(0.9));
        _rig.Approve("a", false);
        _rig.Pass(TimeSpan.FromSeconds(0.9));

        Assert.Null(_rig.Serve("a").Received);
        _rig.Pass(TimeSpan.FromSeconds(0.1));
        Assert.NotNull(_rig.Serve("a").Received);
    }

    [Fact]
    public void Approve_DurationZero_DecidesOnlyThoseThatWait()
    {
        _rig.Start(EngineRig.Define("a",
            static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10), ApprovalDuration = TimeSpan.Zero }));
        FakePeer peer = _rig.Hold("a");

        _rig.Approve("a", true);

        Assert.NotNull(_rig.Finish(peer).Received);
        _rig.Hold("a");
    }

    [Fact]
    public void Approve_DisabledClient_GivesNothing()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        _rig.Approve("a", true);

        Assert.Null(_rig.Serve("a").Received);
        Assert.Contains("Rejected(Disabled)", _rig.TakeEvents());
    }

    [Fact]
    public void Approve_OtherClient_DecidesNothingHere()
    {
        _rig.Start(
            EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }),
            EngineRig.Define("b", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        _rig.Hold("a");

        _rig.Approve("b", true);

        Assert.Equal(1, _rig["a"].ApprovalsPending);
    }

    [Fact]
    public void Wait_PeerGone_CountsDownAndOthersGoOn()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer gone = _rig.Hold("a");
        FakePeer other = _rig.Hold("a");

        gone.GoAway();
        _rig.Until(() => gone.IsDisposed && _rig["a"].ApprovalsPending == 1, "the peer to be gone");
        _rig.Approve("a", true);

        Assert.NotNull(_rig.Finish(other).Received);
        Assert.Null(gone.Received);
        Assert.Equal(0, _rig["a"].ApprovalsPending);
    }

    [Fact]
    public void Wait_Expiry_Refuses()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromHours(1) }));
        FakePeer peer = _rig.Hold("a");

        _rig.Pass(TimeSpan.FromMinutes(5));

        Assert.Null(_rig.Finish(peer).Received);
        Assert.Contains("Rejected(Disabled)", _rig.TakeEvents());
    }

    [Fact]
    public void Wait_DisabledAndEnabledAgain_StaysRefused()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer peer = _rig.Hold("a");

        _rig.Disable("a");
        _rig.Enable("a");
        _rig.Approve("a", true);

        Assert.Null(_rig.Finish(peer).Received);
    }

    [Fact]
    public void Wait_ManyConnections_AllAreDecided()
    {
        const int count = 2_000;
        using var rig = new EngineRig { Options = new EngineOptions { MaxRequestsPerClient = count } };
        rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = TimeSpan.FromSeconds(10) }));
        FakePeer[] peers = [.. Enumerable.Range(0, count).Select(_ => rig.Connect("a"))];
        rig.Until(() => rig["a"].ApprovalsPending == count && peers.All(static peer => peer.InWait), "all to wait");

        foreach (FakePeer peer in peers.Take(count / 2))
        {
            peer.GoAway();
        }

        rig.Until(() => rig["a"].ApprovalsPending == count / 2, "half to be gone");
        rig.Approve("a", true);
        rig.Until(() => rig.Engine.Connections.All.Count == 0, "all to end");

        Assert.Equal(count / 2, peers.Count(static peer => peer.Received is not null));
        Assert.Equal(0, rig["a"].ApprovalsPending);
    }
}
