using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>A client that only another server has in its files, until this one has it too.</summary>
public sealed class OtherFilesTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reload_ClientIsInFilesNow_StaysDisabled(bool isStartedBefore)
    {
        _rig.Start(null, EngineRig.Define("zero"));
        if (isStartedBefore)
        {
            _rig.Start(null, EngineRig.Define("two"));
            _rig.Stores[1].IsCutOff = true; // it hears of the client when that is disabled already
        }

        _rig.A.File = static () => [EngineRig.Define("zero"), EngineRig.Define("one")];
        _rig.End(_rig.A.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));
        _rig.Pass(TimeSpan.FromSeconds(14));
        _rig.Time(() => _rig.A.Engine.Server.DisableAsync("one", EngineRig.Person, CancellationToken.None));
        if (isStartedBefore)
        {
            _rig.Stores[1].IsCutOff = false;
        }
        else
        {
            _rig.Start(null, EngineRig.Define("two"));
        }

        _rig.Pass(TimeSpan.FromSeconds(3));
        _rig.B.File = static () => [EngineRig.Define("one"), EngineRig.Define("two")];
        _rig.End(_rig.B.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None));
        _rig.Pass(TimeSpan.FromSeconds(3));

        Assert.False(_rig.B["one"].Enabled);
        Assert.False(_rig.A["one"].Enabled);
        Assert.Null(_rig.Ask(_rig.B).Received);
    }
}
