using Mandos.Engine.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>Servers whose files have other clients notice that.</summary>
public sealed class DifferingFilesTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Metric_FilesOfOtherServers_CountsThoseThatDiffer()
    {
        _rig.Start(null, EngineRig.Define("one"));
        _rig.Start(null, EngineRig.Define("one"));
        _rig.Start(null, EngineRig.Define("one"), EngineRig.Define("two"));
        using var meter = new MeterReader(_rig.A.Engine.Parts.Services.Meter);
        Until("1");

        _rig.A.File = static () => [EngineRig.Define("one"), EngineRig.Define("two")];
        _rig.End(_rig.A.Engine.Server.ReloadAsync(EngineRig.Person, TestContext.Current.CancellationToken));
        Until("1"); // now it is the second one

        _rig.B.File = static () => [EngineRig.Define("one"), EngineRig.Define("two")];
        _rig.End(_rig.B.Engine.Server.ReloadAsync(EngineRig.Person, TestContext.Current.CancellationToken));
        Until("0");

        void Until(string value)
        {
            long start = TimeProvider.System.GetTimestamp();
            while (meter.Observe("mandos.differing_servers")[^1] != value)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"it does not become {value}");
                _rig.Pass(TimeSpan.FromMilliseconds(100));
                SharedRig.LetPoolRun();
            }
        }
    }

    [Fact]
    public void NoteFiles_BeforeTheFirstSync_IsToldAfterIt()
    {
        EngineRig server = _rig.Start(null, EngineRig.Define("one"));
        _rig.Pass(TimeSpan.FromSeconds(3));
        using var calls = new StoreCalls(server.Engine.Parts.Services, static work => work());
        var reporter = new LivenessReporter(server.Engine.Parts.Services, _rig.Stores[0], calls);
        reporter.NoteFiles("hash");
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.NotEqual("hash", Told());

        reporter.Begin();
        _rig.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal("hash", Told());

        string? Told() => _rig.Truth.Members.Values.Single().FilesHash;
    }
}
