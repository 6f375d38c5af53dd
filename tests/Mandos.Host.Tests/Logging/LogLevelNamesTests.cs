using Mandos.Host.Logging;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Tests.Logging;

public sealed class LogLevelNamesTests
{
    [Theory]
    [InlineData("CRITICAL", LogLevel.Critical)]
    [InlineData("error", LogLevel.Error)]
    [InlineData("Warning", LogLevel.Warning)]
    [InlineData("INFO", LogLevel.Information)]
    [InlineData("debug", LogLevel.Trace)]
    public void TryParse_KnownName_GivesItsLevel(string name, LogLevel expected)
    {
        Assert.True(LogLevelNames.TryParse(name, out var level));
        Assert.Equal(expected, level);
        Assert.Equal(name.ToUpperInvariant(), LogLevelNames.NameOf(level));
    }

    [Theory]
    [InlineData("")]
    [InlineData("NOTICE")]
    [InlineData("INFO ")]
    [InlineData("20")]
    public void TryParse_OtherName_IsRefused(string name) => Assert.False(LogLevelNames.TryParse(name, out _));

    [Fact]
    public void All_EveryName_IsParsed() => Assert.All(LogLevelNames.All, name => Assert.True(LogLevelNames.TryParse(name, out _)));
}
