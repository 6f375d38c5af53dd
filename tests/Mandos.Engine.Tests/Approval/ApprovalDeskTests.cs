using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Approval;

/// <summary>Who gets a secret and who does not, through the engine.</summary>
public sealed class ApprovalDeskTests : IDisposable
{
    /// <summary>Waits for a person, whose word holds for a minute.</summary>
    private static readonly Func<ClientSettings, ClientSettings> _slow = static s => s with
    {
        ApprovalDelay = TimeSpan.FromDays(1),
        ApprovalDuration = TimeSpan.FromMinutes(1),
        Timeout = TimeSpan.FromDays(2),
    };

    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Approve_ExpiryPastBeforeTheTimerIsHandled_GivesNothing()
    {
        _rig.Start(EngineRig.Define("a", s => s with { ApprovalDelay = TimeSpan.FromDays(1) }));
        FakePeer peer = _rig.Hold("a");

        // Posted before the timer's work, carried out after the expiry
        Task approved = _rig.Engine.Server.ApproveAsync("a", true, EngineRig.Person, CancellationToken.None);
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

    [Fact]
    public void Events_OfARequest_TellWhichItIs()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        _rig.Hold("a", "192.0.2.1");
        _rig.Hold("a", "192.0.2.2");
        SecretRequest[] requests = [.. _rig["a"].Requests];
        Assert.Equal(
            [(1, "192.0.2.1:40000", EngineRig.KeyId("a")), (2, "192.0.2.2:40000", EngineRig.KeyId("a"))],
            requests.Select(static request => (request.Id, request.Peer.ToString(), request.KeyId)));

        _rig.Decide(2, true);
        _rig.Until(() => _rig["a"].ApprovalsPending == 1, "the secret to be sent");
        _rig.Decide(1, false);
        _rig.Disable("a");
        _rig.Serve("a", "192.0.2.3"); // did not wait

        List<ServerEvent> events = [];
        while (_rig.Events.Events.TryRead(out ServerEvent? e))
        {
            events.Add(e);
        }

        Assert.Equal(requests, events.OfType<NeedApproval>().Select(static e => e.Request));
        Assert.Equal([requests[1]], events.OfType<GotSecret>().Select(static e => e.Request));
        Assert.Equal(
            [(1, "192.0.2.1"), (3, "192.0.2.3")],
            events.OfType<Rejected>().Select(static e => (e.Request.Id, e.Request.Peer.Address.ToString())));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wait_DelayOver_DefaultOfThatMomentDecides(bool byDefault)
    {
        _rig.Start(EngineRig.Define("a",
            s => s with { ApprovalDelay = TimeSpan.FromSeconds(10), ApprovedByDefault = !byDefault }));
        FakePeer peer = _rig.Hold("a");
        _rig.Change("a", ClientChange.Of(ClientSetting.ApprovedByDefault, byDefault));

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
    public void Approve_DifferentAddressesWait_ApprovesNoneAndLeavesNoApproval()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        FakePeer[] waiting = [_rig.Hold("a", "192.0.2.1"), _rig.Hold("a", "192.0.2.2"), _rig.Hold("a", "192.0.2.1")];

        var refused = Assert.Throws<ConflictingRequestsException>(() => _rig.Approve("a", true));

        Assert.Equal(["192.0.2.1", "192.0.2.2"], refused.Addresses.Select(static address => address.ToString()));
        Assert.Contains("192.0.2.1, 192.0.2.2", refused.Message, StringComparison.Ordinal);
        Assert.Equal(3, _rig["a"].Requests.Count);
        _rig.Hold("a", "192.0.2.1");
        Assert.All(waiting, static peer => Assert.Null(peer.Received));
        _rig.Approve("a", false);
        Assert.All(waiting, peer => Assert.Null(_rig.Finish(peer).Received));
    }

    [Fact]
    public void Wait_SecondAddress_WarnsAndTellsBothAddressesOnce()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        _rig.Hold("a", "192.0.2.1");
        _rig.Hold("a", "192.0.2.1");
        Assert.DoesNotContain("ConflictingRequests", string.Concat(_rig.TakeEvents()), StringComparison.Ordinal);

        _rig.Hold("a", "::1");
        _rig.Hold("a", "::1");

        Assert.Single(_rig.TakeEvents(), "ConflictingRequests(192.0.2.1, ::1)");
        Assert.Single(_rig.Log.Lines, static line => line.Level == LogLevel.Warning
            && line.Text.Contains("192.0.2.1, ::1", StringComparison.Ordinal));
    }

    [Fact]
    public void Approve_AllAreToBeApproved_ApprovesEveryAddress()
    {
        _rig.Start(EngineRig.Define("a", static s => _slow(s) with { ApproveAll = true }));
        FakePeer[] waiting = [_rig.Hold("a", "192.0.2.1"), _rig.Hold("a", "192.0.2.2")];

        _rig.Approve("a", true);

        Assert.All(waiting, peer => Assert.NotNull(_rig.Finish(peer).Received));
        Assert.NotNull(_rig.Serve("a", "192.0.2.3").Received);
        Assert.DoesNotContain("ConflictingRequests", string.Concat(_rig.TakeEvents()), StringComparison.Ordinal);
    }

    [Fact]
    public void Approve_OneAddressWaits_IsForThatAddressAlone()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        FakePeer peer = _rig.Hold("a", "192.0.2.1");

        _rig.Approve("a", true);

        Assert.NotNull(_rig.Finish(peer).Received);
        Assert.NotNull(_rig.Serve("a", "192.0.2.1").Received);
        FakePeer other = _rig.Hold("a", "192.0.2.2");
        Assert.Null(other.Received);
        Assert.NotNull(_rig.Serve("a", "192.0.2.1").Received);
    }

    [Fact]
    public void Approve_NobodyWaits_IsForTheAddressThatComesFirst()
    {
        _rig.Start(EngineRig.Define("a", _slow));

        _rig.Approve("a", true);

        Assert.NotNull(_rig.Serve("a", "192.0.2.1").Received);
        _rig.Hold("a", "192.0.2.2");
        Assert.NotNull(_rig.Serve("a", "192.0.2.1").Received);
    }

    [Fact]
    public void Approve_AgainAfterAnotherAddress_IsForThatOne()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        _rig.Approve("a", true);
        Assert.NotNull(_rig.Serve("a", "192.0.2.1").Received);
        FakePeer other = _rig.Hold("a", "192.0.2.2");

        _rig.Approve("a", true);

        Assert.NotNull(_rig.Finish(other).Received);
        Assert.NotNull(_rig.Serve("a", "192.0.2.2").Received);
        _rig.Hold("a", "192.0.2.1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Decide_OneOfTwo_DecidesThatOneAndNothingElse(bool approved)
    {
        _rig.Start(EngineRig.Define("a", _slow));
        FakePeer first = _rig.Hold("a", "192.0.2.1");
        FakePeer second = _rig.Hold("a", "192.0.2.2");
        SecretRequest request = _rig["a"].Requests[1];
        Assert.Equal((second.RemoteEndPoint, EngineRig.KeyId("a")), (request.Peer, request.KeyId));

        _rig.Decide(request.Id, approved);

        _rig.Until(() => second.IsDisposed, "the connection to end");
        Assert.Equal(approved, second.Received is not null);
        Assert.Equal([first.RemoteEndPoint], _rig["a"].Requests.Select(static one => one.Peer));
        _rig.Hold("a", "192.0.2.2");
        Assert.Null(first.Received);
    }

    [Fact]
    public void Decide_RequestThatDoesNotWait_IsUnknown()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        _rig.Hold("a");
        long id = _rig["a"].Requests[0].Id;
        _rig.Decide(id, false);

        Assert.Throws<UnknownRequestException>(() => _rig.Decide(id, true));
        Assert.Throws<UnknownRequestException>(() => _rig.Decide(id + 1, true));
        Assert.Throws<UnknownRequestException>(() => _rig.Decide(0, true));
    }

    [Fact]
    public void Requests_OfAllClients_HaveNumbersOfTheirOwnAndTimes()
    {
        _rig.Start(EngineRig.Define("a", _slow), EngineRig.Define("b", _slow));
        _rig.Hold("a");
        _rig.Pass(TimeSpan.FromSeconds(2));
        _rig.Hold("b");
        _rig.Hold("a");

        SecretRequest[] requests = [.. _rig["a"].Requests, .. _rig["b"].Requests];
        Assert.Equal(3, requests.Select(static request => request.Id).Distinct().Count());
        Assert.Equal([0, 2, 2], requests.Select(static request => (request.Since - TestClock.Epoch).TotalSeconds));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Disable_ApprovalInForce_EndsIt(bool wasDisabledBefore)
    {
        _rig.Start(EngineRig.Define("a", _slow, enabled: !wasDisabledBefore));
        _rig.Approve("a", true);

        _rig.Disable("a");
        _rig.Enable("a");

        _rig.Hold("a");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Enable_ApprovalInForce_EndsIt(bool wasEnabledBefore)
    {
        _rig.Start(EngineRig.Define("a", _slow, enabled: wasEnabledBefore));
        _rig.Approve("a", true);

        _rig.Enable("a");

        _rig.Hold("a");
    }

    [Fact]
    public void Enable_DenialInForce_StaysDenied()
    {
        _rig.Start(EngineRig.Define("a", _slow));
        _rig.Approve("a", false);

        _rig.Disable("a");
        _rig.Enable("a");

        Assert.Null(_rig.Serve("a").Received);
    }

    [Fact]
    public void Approve_DenialInForce_IsAcknowledgedOnceItsEndIsSaved()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDuration = TimeSpan.FromMinutes(5) }));
        _rig.Approve("a", false);
        Assert.NotNull(_rig.Store["a"]!.DeniedUntil);

        _rig.Approve("a", true);

        Assert.Null(_rig.Store["a"]!.DeniedUntil);
    }

    [Fact]
    public void Wait_MoreThanTheClientMayHave_OldestOfTheMostFrequentAddressGivesWay()
    {
        using var rig = new EngineRig { Options = new EngineOptions { MaxRequestsPerClient = 3 } };
        rig.Start(EngineRig.Define("a", _slow));
        FakePeer own = rig.Hold("a", "192.0.2.1");
        FakePeer[] many = [.. Enumerable.Range(0, 2).Select(_ => rig.Hold("a", "192.0.2.9"))];

        for (int i = 0; i < 20; i++)
        {
            FakePeer oldest = many[0];
            many = [many[1], rig.Connect("a", "192.0.2.9")];
            rig.Until(() => oldest.IsDisposed && many[1].InWait, "the oldest to give way");
            Assert.Equal(
                [own.RemoteEndPoint, many[0].RemoteEndPoint, many[1].RemoteEndPoint],
                rig["a"].Requests.Select(static request => request.Peer));
        }

        Assert.Equal(3, rig["a"].ApprovalsPending);
        rig.Until(() => rig.Audit.Records.Count(static record => record.Outcome == Outcome.GaveWay) == 20, "a record of each that gave way");
        rig.Until(() => rig.Log.Lines.Count(static line => line.Level == LogLevel.Warning
            && line.Text.Contains("client a has too many connections", StringComparison.Ordinal)) == 20, "a warning for each");
        rig.Decide(rig["a"].Requests[0].Id, true);
        rig.Until(() => own.IsDisposed, "the approved one to end");
        Assert.NotNull(own.Received);
        Assert.All(many, static peer => Assert.Null(peer.Received));
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
        rig.Until(() => rig.Engine.Parts.Connections.Table.All.Count == 0, "all to end");

        Assert.Equal(count / 2, peers.Count(static peer => peer.Received is not null));
        Assert.Equal(0, rig["a"].ApprovalsPending);
    }
}
