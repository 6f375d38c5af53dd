using Mandos.Host.Configuration;

namespace Mandos.Host.Tests.Configuration;

public sealed class DurationTests
{
    private const long Minute = 60;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;
    private const long Week = 7 * Day;
    private const long Month = 4 * Week;
    private const long Year = 52 * Week;

    [Theory]
    // RFC 3339 appendix A
    [InlineData("PT5M", 5 * Minute)]
    [InlineData("PT0S", 0)]
    [InlineData("P0D", 0)]
    [InlineData("P1W", Week)]
    [InlineData("P2W", 2 * Week)]
    [InlineData("P1Y", Year)]
    [InlineData("P1M", Month)]
    [InlineData("P1D", Day)]
    [InlineData("PT1H", Hour)]
    [InlineData("PT30S", 30)]
    [InlineData("P1Y2M3DT4H5M6S", Year + (2 * Month) + (3 * Day) + (4 * Hour) + (5 * Minute) + 6)]
    [InlineData("P1Y2M", Year + (2 * Month))]
    [InlineData("P1M2D", Month + (2 * Day))]
    [InlineData("P1YT1S", Year + 1)]
    [InlineData("P1DT5M", Day + (5 * Minute))]
    [InlineData("P1DT5S", Day + 5)]
    [InlineData("PT1H0M5S", Hour + 5)]
    [InlineData("PT1M1S", Minute + 1)]
    [InlineData("PT90M", 90 * Minute)]
    [InlineData("P007D", 7 * Day)]
    [InlineData("PT0000000000000000000000005S", 5)]
    [InlineData("P2000000D", 2_000_000 * Day)]
    // The older format
    [InlineData("5m 30s", (5 * Minute) + 30)]
    [InlineData("30s", 30)]
    [InlineData("1w 2d 3h 4m 5s", Week + (2 * Day) + (3 * Hour) + (4 * Minute) + 5)]
    [InlineData("5s 1w", Week + 5)]
    [InlineData("5s 5s", 10)]
    [InlineData("5m  30s", (5 * Minute) + 30)]
    [InlineData("5m\n30s", (5 * Minute) + 30)]
    [InlineData("0s", 0)]
    [InlineData("", 0)]
    [InlineData("+5m", 5 * Minute)]
    [InlineData("10m -5s", (10 * Minute) - 5)]
    [InlineData("1_0m", 10 * Minute)]
    [InlineData("\u0665m", 5 * Minute)]
    public void Parse_Valid_GivesSeconds(string text, long seconds)
    {
        Assert.Null(Duration.Parse(text, out TimeSpan value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("P1")]
    [InlineData("PD")]
    [InlineData("PW")]
    [InlineData("P1W1D")]
    [InlineData("P1D1W")]
    [InlineData("P1Y1W")]
    [InlineData("P1WT1H")]
    [InlineData("PT1W")]
    [InlineData("PT1H5S")]
    [InlineData("P1Y2D")]
    [InlineData("P1D2M")]
    [InlineData("P2M1Y")]
    [InlineData("PT5S1M")]
    [InlineData("PT5M5M")]
    [InlineData("P1D1D")]
    [InlineData("PT0.5S")]
    [InlineData("PT1,5S")]
    [InlineData("P-1D")]
    [InlineData("P+1D")]
    [InlineData("-P1D")]
    [InlineData("P1H")]
    [InlineData("PT1D")]
    [InlineData("P 1D")]
    [InlineData("P1D ")]
    [InlineData(" P1D")]
    [InlineData("P1DT1HT1M")]
    [InlineData("pt5m")]
    [InlineData("Pt5M")]
    [InlineData("P٣D")]
    [InlineData("PT5M 30s")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("5 m")]
    [InlineData("5m30s")]
    [InlineData("5M")]
    [InlineData("1D")]
    [InlineData("1.5h")]
    [InlineData("5ms")]
    [InlineData("5m x")]
    [InlineData("1__0m")]
    [InlineData("_1m")]
    [InlineData("1_m")]
    [InlineData("--1m")]
    [InlineData("-m")]
    [InlineData("five minutes")]
    [InlineData("P1D\0")]
    public void Parse_Invalid_IsNoDuration(string text)
    {
        Assert.Contains("is no duration", Duration.Parse(text, out TimeSpan value));
        Assert.Equal(TimeSpan.Zero, value);
    }

    [Theory]
    [InlineData("P2000001D")]
    [InlineData("PT172800000001S")]
    [InlineData("P2000000DT1S")]
    [InlineData("P10000Y")]
    [InlineData("P9223372036854775807Y")]
    [InlineData("P99999999999999999999999999999Y99999999999999999999999999999M")]
    [InlineData("PT18446744073709551617S")]
    [InlineData("P18446744073709551617W")]
    [InlineData("99999999999999999999w")]
    [InlineData("9223372036854775807s 9223372036854775807s 9223372036854775807s")]
    public void Parse_Overflow_IsTooLong(string text) => Assert.Contains("is too long", Duration.Parse(text, out _));

    [Theory]
    [InlineData("-5m", 0, "is negative; it is taken as PT0S")]
    [InlineData("5m -1h", 0, "is negative; it is taken as PT0S")]
    [InlineData("-99999999999999999999w", 0, "is negative")]
    [InlineData("P2000001D", 2_000_000 * Day, "is too long; it is taken as P2000000D")]
    public void Parse_OutOfRange_GivesTheNearest(string text, long seconds, string expected)
    {
        Assert.Null(Duration.Parse(text, out TimeSpan value, out string? doubt));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
        Assert.Contains(expected, doubt, StringComparison.Ordinal);
    }

    [Fact]
    public void Max_AfterThePresent_IsADate() => _ = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero) + Duration.Max;
}
