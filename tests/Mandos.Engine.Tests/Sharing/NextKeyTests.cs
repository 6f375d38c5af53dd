using System.Text;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>Next keys where several servers share their state: they have no effect, and cost nobody anything.</summary>
public sealed class NextKeyTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    private static ClientDefinition Define()
        => EngineRig.Define("one") with { Next = new NextKey(EngineRig.KeyId("next"), new Secret(Encoding.UTF8.GetBytes("next"))) };

    [Fact]
    public void Next_SharedState_IsLeftOutWithAWarning()
    {
        _rig.Start(null, Define());
        _rig.Pass(SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1));

        Assert.True(_rig.A.Log.Has(LogLevel.Warning, "next_key_id has no effect with servers that share their state; 1 clients have one (one)"));
        Assert.NotNull(_rig.A.Serve("one").Received);
        Assert.Null(_rig.A.Serve("next").Received);
        Assert.Null(_rig.A["one"].Rotation);
    }
}
