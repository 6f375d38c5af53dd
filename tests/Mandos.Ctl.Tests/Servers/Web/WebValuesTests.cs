using Mandos.Ctl.Servers.Web;

namespace Mandos.Ctl.Tests.Servers.Web;

public sealed class WebValuesTests
{
    [Theory]
    [InlineData("PT0S", 0UL)]
    [InlineData("PT0.5S", 500UL)]
    [InlineData("PT1H30M0.25S", 5_400_250UL)]
    [InlineData("P400DT1H", 34_563_600_000UL)]
    [InlineData("P1D", 86_400_000UL)]
    [InlineData("PT1.9999999S", 1999UL)]
    public void ToMilliseconds_Duration_IsCutToMilliseconds(string text, ulong milliseconds)
        => Assert.Equal(milliseconds, WebValues.ToMilliseconds(text));

    [Theory]
    [InlineData("")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1DT")]
    [InlineData("-PT1S")]
    [InlineData("PT1S ")]
    [InlineData("P1Y")]
    [InlineData("PT1,5S")]
    [InlineData("PT.5S")]
    [InlineData("PT20000000000000000S")]
    public void ToMilliseconds_NoDuration_IsRefused(string text) => Assert.Throws<FormatException>(() => WebValues.ToMilliseconds(text));

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(1500UL)]
    [InlineData(ulong.MaxValue)]
    public void ToDuration_AnyNumber_IsReadAgain(ulong milliseconds)
        => Assert.Equal(milliseconds, WebValues.ToMilliseconds(WebValues.ToDuration(milliseconds)));

    [Theory]
    [InlineData("..", "clients/%2E%2E")]
    [InlineData("a/b?c#d e", "clients/a%2Fb%3Fc%23d%20e")]
    [InlineData("a-_~Z9", "clients/a-_~Z9")]
    [InlineData("%41", "clients/%2541")]
    public void PathOf_AnyName_IsOnePart(string name, string path) => Assert.Equal(path, WebValues.PathOf(name));
}
