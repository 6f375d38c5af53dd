using Mandos.CheckerFping.Expansion;

namespace CheckerFping.Tests.Expansion;

public sealed class PythonTextTests
{
    [Theory]
    [InlineData(0, "0:00:00")]
    [InlineData(TimeSpan.TicksPerMinute * 5, "0:05:00")]
    [InlineData(TimeSpan.TicksPerDay - TimeSpan.TicksPerSecond, "23:59:59")]
    [InlineData(TimeSpan.TicksPerDay, "1 day, 0:00:00")]
    [InlineData(TimeSpan.TicksPerDay * 14 + TimeSpan.TicksPerMicrosecond, "14 days, 0:00:00.000001")]
    [InlineData(TimeSpan.TicksPerMillisecond * 500, "0:00:00.500000")]
    [InlineData(TimeSpan.TicksPerMicrosecond - 1, "0:00:00")]
    public void Of_Duration_IsTimedelta(long ticks, string expected)
        => Assert.Equal(expected, PythonText.Of(new TimeSpan(ticks)));

    [Fact]
    public void Of_Time_IsNaiveUtc()
    {
        DateTimeOffset time = new(2026, 11, 23, 7, 35, 1, TimeSpan.FromHours(2));

        Assert.Equal("2026-11-23 05:35:01", PythonText.Of(time));
        Assert.Equal("2026-11-23 05:35:01.094310", PythonText.Of(time.AddMicroseconds(94310)));
        Assert.Equal("None", PythonText.Of((DateTimeOffset?)null));
    }

    [Fact]
    public void Of_Boolean_IsCapitalised()
    {
        Assert.Equal("True", PythonText.Of(true));
        Assert.Equal("False", PythonText.Of(false));
    }
}
