using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Scheduling;

public sealed class EngineClockTests
{
    [Fact]
    public void Add_BeyondTheEnds_StopsThere()
    {
        TimeSpan day = TimeSpan.FromDays(1);

        Assert.Equal(TimeSpan.MaxValue, EngineClock.Add(day, TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.MaxValue, EngineClock.Add(TimeSpan.MaxValue, day));
        Assert.Equal(TimeSpan.MinValue, EngineClock.Add(-day, TimeSpan.MinValue));
        Assert.Equal(TimeSpan.MinValue, EngineClock.Add(TimeSpan.MinValue, -day));
        Assert.Equal(TimeSpan.FromTicks(-1), EngineClock.Add(TimeSpan.MinValue, TimeSpan.MaxValue));
        Assert.Equal(TimeSpan.FromTicks(-1), EngineClock.Add(TimeSpan.MaxValue, TimeSpan.MinValue));
        Assert.Equal(TimeSpan.Zero, EngineClock.Add(-day, day));
        Assert.Equal(DateTimeOffset.MaxValue, EngineClock.Add(TestClock.Epoch, TimeSpan.MaxValue));
        Assert.Equal(DateTimeOffset.MinValue, EngineClock.Add(TestClock.Epoch, TimeSpan.MinValue));
        Assert.Equal(DateTimeOffset.MinValue, EngineClock.Add(DateTimeOffset.MinValue, -day));
        Assert.Equal(TestClock.Epoch.AddDays(1), EngineClock.Add(TestClock.Epoch, day));
    }

    [Fact]
    public void Now_WallClockJumps_GoesOnEvenly()
    {
        var time = new TestClock();
        var clock = new EngineClock(time);

        time.WallOffset = TimeSpan.FromDays(-10_000);
        time.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(TimeSpan.FromSeconds(3), clock.Now);
        Assert.Equal(TestClock.Epoch.AddSeconds(3).AddDays(-10_000), clock.UtcNow);
    }
}
