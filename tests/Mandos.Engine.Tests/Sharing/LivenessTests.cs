using Mandos.Abstractions.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Sharing;
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

    [Fact]
    public void Start_SeesNobody_SoItReportsNothing()
    {
        _rig.StartSame(2);

        Assert.Equal(0, _rig.Stores[0].ChecksReported);
        Assert.Equal(0, _rig.Stores[1].ChecksReported);
    }

    [Fact]
    public void ManySeen_AreReportedInParts()
    {
        string[] clients = [.. Enumerable.Range(0, (2 * LivenessReporter.MostClients) + 1).Select(static i => $"client{i}")];
        _rig.StartSame(1, null, clients);

        foreach (Client client in _rig.A.Engine.Parts.Clients.All)
        {
            _rig.A.Engine.Parts.Transitions.MarkCheckedOk(client);
        }

        _rig.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(clients.Length, _rig.Stores[0].ChecksReported);
        Assert.InRange(_rig.Stores[0].MostInOneReport, 1, LivenessReporter.MostClients);
    }

    [Fact]
    public void Report_LostAndACheckFailedSince_StillExtendsTheExpiry()
    {
        _rig.StartSame(2);
        DateTimeOffset? before = _rig.B["one"].Expires;
        _rig.Stores[0].Holds = true;
        Client client = _rig.A.Engine.Parts.Clients.All.Single();
        _rig.A.Engine.Parts.Transitions.MarkCheckedOk(client);
        _rig.Pass(TimeSpan.FromMilliseconds(300));
        _rig.A.Engine.Parts.Transitions.CheckEnded(client, new RunningCheck(), CheckResult.Exited(1));
        while (_rig.Stores[0].HeldCount > 0)
        {
            _rig.Stores[0].Release(reaches: false);
        }

        _rig.Stores[0].Holds = false;
        _rig.Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(1, _rig.B["one"].LastCheckerStatus);
        Assert.True(_rig.B["one"].Expires > before);
    }

    [Fact]
    public void Start_AfterAllServersWereDownForLong_OneSeenAliveLastHasItsTimeout()
    {
        var id = Guid.NewGuid();
        EngineRig before = _rig.Start(id, EngineRig.Define("one"));
        _rig.Pass(TimeSpan.FromSeconds(2));
        before.Engine.Parts.Transitions.MarkCheckedOk(before.Engine.Parts.Clients.All.Single());
        _rig.Pass(TimeSpan.FromSeconds(2));
        TimeSpan timeout = before["one"].Settings.Timeout;
        _rig.Crash(before);
        _rig.Pass(2 * timeout);

        EngineRig after = _rig.Start(id, EngineRig.Define("one"));

        Assert.True(after["one"].Enabled);
        Assert.True(after["one"].Expires >= after.Clock.GetUtcNow() + timeout - TimeSpan.FromSeconds(1));
        _rig.Pass(TimeSpan.FromSeconds(2));
        EngineRig another = _rig.Start(null, EngineRig.Define("one"));
        _rig.Pass(TimeSpan.FromSeconds(2));
        Assert.True(another["one"].Expires > another.Clock.GetUtcNow() + timeout - TimeSpan.FromSeconds(10));
    }
}
