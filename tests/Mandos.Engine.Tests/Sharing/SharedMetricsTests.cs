using System.Globalization;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>What programs that monitor one of several servers read of it.</summary>
public sealed class SharedMetricsTests : IDisposable
{
    private readonly SharedRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Permission_AndSync_AreMeasured()
    {
        _rig.StartSame(2);
        using var meter = new MeterReader(_rig.A.Engine.Parts.Services.Meter);
        Assert.InRange(Seconds("mandos.permission.left"), SharedStateTiming.Permission.TotalSeconds - 2, SharedStateTiming.Permission.TotalSeconds);
        Assert.InRange(Seconds("mandos.sync.age"), 0, 2);
        Assert.Equal(["2 mandos.state=synced"], meter.Observe("mandos.servers"));

        _rig.Stores[1].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(3));
        Assert.Equal(["1 mandos.state=synced", "1 mandos.state=silent"], meter.Observe("mandos.servers"));

        _rig.Stores[0].IsCutOff = true;
        _rig.Pass(SharedStateTiming.Permission + TimeSpan.FromSeconds(1));
        Assert.Equal(0, Seconds("mandos.permission.left"));
        Assert.InRange(Seconds("mandos.sync.age"), SharedStateTiming.Permission.TotalSeconds, SharedStateTiming.Permission.TotalSeconds + 3);
        Assert.Equal(["2 mandos.state=silent"], meter.Observe("mandos.servers"));

        double Seconds(string name) => double.Parse(Assert.Single(meter.Observe(name)), CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Sync_BeforeTheFirst_IsNotThere()
    {
        _rig.StartCutOffOnceLoaded(EngineRig.Define("one"));
        using var meter = new MeterReader(_rig.A.Engine.Parts.Services.Meter);
        Assert.Empty(meter.Observe("mandos.sync.age"));
        Assert.Equal(["0"], meter.Observe("mandos.permission.left"));
    }
}
