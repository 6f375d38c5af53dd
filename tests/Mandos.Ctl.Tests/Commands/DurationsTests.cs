using Mandos.Ctl.Commands;

namespace Mandos.Ctl.Tests.Commands;

public sealed class DurationsTests
{
    // What Debian's mandos-ctl sends for the same texts; those above 24 days it cannot send.
    [Theory]
    [InlineData("PT5M", 300_000)]
    [InlineData("P1W", 604_800_000)]
    [InlineData("PT36H", 129_600_000)]
    [InlineData("P1DT1S", 86_401_000)]
    [InlineData("PT0S", 0)]
    [InlineData("P1Y", 31_449_600_000)]
    [InlineData("P1Y2M3DT4H5M6S", 31_449_600_000 + 4_838_400_000 + 259_200_000 + 14_706_000)]
    [InlineData("1d 2h", 93_600_000)]
    [InlineData("1d,2h", 93_600_000)]
    [InlineData("1w1d", 691_200_000)]
    [InlineData("  3m ", 180_000)]
    [InlineData("1m2m", 180_000)]
    [InlineData("5", 5)]
    [InlineData("5 5", 10)]
    [InlineData("5d5", 432_000_005)]
    public void Parse_Duration_IsInMilliseconds(string text, long expected) => Assert.Equal((ulong)expected, Durations.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1D")]
    [InlineData("1 d")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("PT1H1S")]
    [InlineData("PT5M\n")]
    [InlineData("p1d")]
    [InlineData("-5s")]
    [InlineData("1.5h")]
    [InlineData("99999999999999999999999999d")]
    [InlineData("P9999999999999999Y")]
    public void Parse_NoDuration_IsRefusedInOneLine(string text)
    {
        var error = Assert.Throws<UsageException>(() => Durations.Parse(text));
        Assert.DoesNotContain('\n', error.Message);
    }
}
