using Mandos.Abstractions.Control;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>What a server tells of those with which it shares its state.</summary>
public sealed class GroupTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Group_AllAlive_EachKnowsAll()
    {
        _rig.StartSame(2);

        foreach (EngineRig server in _rig.Servers)
        {
            ServerGroup group = Of(server);
            Assert.Equal(["a", "b"], group.Servers.Select(static known => known.Name));
            Assert.Equal(server == _rig.A ? "a" : "b", Assert.Single(group.Servers, static known => known.IsSelf).Name);
            Assert.All(group.Servers, known =>
            {
                Assert.Equal(group.Revision, known.Confirmed);
                Assert.InRange(known.PermissionLeft!.Value, SharedStateTiming.Permission - TimeSpan.FromSeconds(2), SharedStateTiming.Permission);
                Assert.InRange(known.SinceSync!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(2));
                Assert.Equal(group.Servers[0].FilesHash, known.FilesHash);
                Assert.NotNull(known.FilesHash);
                Assert.False(known.IsAwaited);
            });
            Assert.Equal(TimeSpan.Zero, group.LongestWait);
        }
    }

    [Fact]
    public void Group_CutOffAlone_LosesItsPermission()
    {
        _rig.Start(null);
        _rig.Stores[0].IsCutOff = true;
        Assert.True(Of(_rig.A).Servers.Single().PermissionLeft > TimeSpan.Zero);

        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.Zero, Of(_rig.A).Servers.Single().PermissionLeft);
    }

    [Fact]
    public void Group_CommandWaits_SaysForWhom()
    {
        _rig.StartSame(2);
        _rig.Stores[1].IsCutOff = true;

        Task<CommandResult> command = _rig.A.Engine.Server.DisableAsync("one", EngineRig.Person, CancellationToken.None);
        while (!Of(_rig.A).Servers.Any(static server => server.IsAwaited))
        {
            Assert.False(command.IsCompleted);
            _rig.Pass(TimeSpan.FromMilliseconds(50));
            SharedRig.LetPoolRun();
        }

        ServerGroup waiting = Of(_rig.A);
        Assert.Equal(["b"], waiting.Servers.Where(static server => server.IsAwaited).Select(static server => server.Name));
        Assert.InRange(waiting.LongestWait, SharedStateTiming.Acknowledgement - TimeSpan.FromSeconds(1), SharedStateTiming.Acknowledgement);
        Assert.True(waiting.Servers[1].Confirmed < waiting.Revision);
        Assert.True(_rig.End(command).IsDurable);
        ServerGroup after = Of(_rig.A);
        Assert.DoesNotContain(after.Servers, static server => server.IsAwaited);
        Assert.Equal(TimeSpan.Zero, after.LongestWait);
        Assert.Equal(TimeSpan.Zero, after.Servers[1].PermissionLeft);
        Assert.True(after.Servers[1].SinceSync > SharedStateTiming.Permission);
    }

    [Fact]
    public void Group_CutOff_DoesNotKnowOfOthers()
    {
        _rig.StartSame(2);
        _rig.Stores[0].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(1));

        ServerGroup group = Of(_rig.A);

        Assert.Equal(TimeSpan.Zero, group.Servers[0].PermissionLeft);
        Assert.Null(group.Servers[1].PermissionLeft);
        Assert.True(group.Servers[0].SinceSync > SharedStateTiming.Permission);
    }

    [Fact]
    public void Group_OtherFiles_HaveOtherHashes()
    {
        _rig.Start(null, EngineRig.Define("one"));
        _rig.Start(null, EngineRig.Define("one", static settings => settings with { Host = "elsewhere" }));
        _rig.Pass(TimeSpan.FromSeconds(2));

        Assert.NotEqual(Of(_rig.A).Servers[0].FilesHash, Of(_rig.A).Servers[1].FilesHash);
    }

    [Fact]
    public void Group_StateOfItsOwn_IsNone()
    {
        using var rig = new EngineRig();
        rig.Start();

        Assert.Null(rig.Engine.Server.Info.Group);
    }

    private static ServerGroup Of(EngineRig server) => server.Engine.Server.Info.Group!;
}
