using Mandos.Abstractions.Control;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Approval;

/// <summary>A link decides its request once, and nothing else.</summary>
public sealed class RequestLinksTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Link_Followed_DecidesItsRequestOnceAndNoOther()
    {
        _rig.Start(EngineRig.Define("a", s => s with { ApprovalDelay = TimeSpan.FromMinutes(1), ApprovedByDefault = false }));
        FakePeer first = _rig.Hold("a");
        FakePeer second = _rig.Hold("a");
        RequestLinks links = _rig.Engine.Server.Links;
        string token = links.Make(_rig["a"].Requests[0].Id, approved: true);

        Follow(token);
        _rig.Until(() => first.IsDisposed, "the first to be served");

        Assert.NotNull(first.Received);
        Assert.Throws<UnknownRequestException>(() => Follow(token));
        Assert.Single(_rig["a"].Requests);

        Follow(links.Make(_rig["a"].Requests[0].Id, approved: false));
        _rig.Until(() => second.IsDisposed, "the second to be refused");

        Assert.Null(second.Received);
    }

    [Fact]
    public void Link_AfterItsRequestIsOver_DoesNothing()
    {
        _rig.Start(EngineRig.Define("a", s => s with { ApprovalDelay = TimeSpan.FromMinutes(1), ApprovedByDefault = false }));
        FakePeer peer = _rig.Hold("a");
        string token = _rig.Engine.Server.Links.Make(_rig["a"].Requests[0].Id, approved: true);
        _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        _rig.Finish(peer);

        Assert.Throws<UnknownRequestException>(() => Follow(token));
        Assert.Null(peer.Received);
    }

    private void Follow(string token)
    {
        Assert.True(_rig.Engine.Server.Links.TryRead(token, out long requestId, out bool approved));
        _rig.Decide(requestId, approved);
    }
}
