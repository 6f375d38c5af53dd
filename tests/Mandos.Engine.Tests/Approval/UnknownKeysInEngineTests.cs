using Mandos.Abstractions.Control;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Approval;

public sealed class UnknownKeysInEngineTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void UnknownKeys_AfterARequestOfNobody_HaveItUntilAClientHasTheKey()
    {
        _rig.Start(EngineRig.Define("known"));
        _rig.Serve("known");
        _rig.Serve("stranger");
        _rig.Serve("stranger");

        UnknownKey key = Assert.Single(List());
        Assert.Equal((EngineRig.KeyId("stranger"), 2L), (key.KeyId, key.Count));

        _rig.Add("stranger");
        Assert.Empty(List());
    }

    private IReadOnlyList<UnknownKey> List()
    {
        Task<IReadOnlyList<UnknownKey>> task = _rig.Engine.Server.GetUnknownKeysAsync(CancellationToken.None).AsTask();
        _rig.Run(task);
        return task.GetAwaiter().GetResult();
    }
}
