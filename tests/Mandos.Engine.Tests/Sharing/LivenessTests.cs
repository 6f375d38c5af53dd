using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>What one server has seen of a client, at the others.</summary>
public sealed class LivenessTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void SeenAliveAtOneServer_IsTakenUpAtTheOther_WhichDoesNotReportItAgain()
    {
        _rig.StartSame(2);
        _rig.B.Clock.MovesWhenLookedAt = true;
        (DateTimeOffset? expires, int reported) = (_rig.B["one"].Expires, _rig.Stores[1].ChecksReported);
        int reportedByOne = _rig.Stores[0].ChecksReported;

        Assert.True(_rig.End(_rig.A.Engine.Server.MarkCheckedOkAsync("one", EngineRig.Person, CancellationToken.None)).IsDurable);
        _rig.Pass(TimeSpan.FromSeconds(3));

        Assert.True(_rig.B["one"].Expires > expires);
        Assert.Equal(reportedByOne + 1, _rig.Stores[0].ChecksReported);
        Assert.Equal(reported, _rig.Stores[1].ChecksReported);
    }
}
