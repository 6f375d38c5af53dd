using Mandos.WebControl.Api;

namespace WebControl.Tests;

/// <summary>Durations are those of clients.conf.</summary>
public sealed class IsoDurationTests
{
    [Theory]
    [InlineData("PT5M", 300_000)]
    [InlineData("P1DT2H3M4.5S", 93_784_500)]
    [InlineData("P1W", 604_800_000)]
    [InlineData("PT0S", 0)]
    [InlineData("PT0.001S", 1)]
    [InlineData("PT1.5000S", 1500)]
    [InlineData("PT90M", 5_400_000)]
    public void TryParse_Duration_IsThat(string text, double milliseconds)
    {
        Assert.True(IsoDuration.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("5M")]
    [InlineData("P1Y")]
    [InlineData("P1M")]
    [InlineData("PT1D")]
    [InlineData("PT1M1H")]
    [InlineData("PT1M1M")]
    [InlineData("PT1.5M")]
    [InlineData("PT-1M")]
    [InlineData("-PT1M")]
    [InlineData("PT1")]
    [InlineData("PT1.2.3S")]
    [InlineData("PT0.0001S")]
    [InlineData("PT0.0000000000000000000000000001S")]
    [InlineData("PT0.00000000000000000000000000000000000000000000001S")]
    [InlineData("PT1.0005S")]
    [InlineData("PT٣S")]
    [InlineData("P99999999999999999999D")]
    [InlineData("P10675199DT10675199H10675199M256204778H")]
    [InlineData(" PT1S")]
    public void TryParse_AnythingElse_IsNone(string text) => Assert.False(IsoDuration.TryParse(text, out _));

    [Fact]
    public void Format_AnyDuration_IsReadAsThat()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            TimeSpan duration = TimeSpan.FromMilliseconds(random.NextInt64(1L << random.Next(1, 50)));
            Assert.True(IsoDuration.TryParse(IsoDuration.Format(duration), out TimeSpan read), IsoDuration.Format(duration));
            Assert.Equal(duration, read);
        }
    }
}
