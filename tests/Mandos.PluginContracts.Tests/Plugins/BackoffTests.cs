using Mandos.Abstractions.Plugins;

namespace Mandos.PluginContracts.Tests.Plugins;

public sealed class BackoffTests
{
    [Fact]
    public void After_FailureUponFailure_DoublesThePauseUpToTheLongest()
    {
        Backoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        List<double> pauses = [];
        TimeSpan pause = TimeSpan.Zero;
        for (int i = 0; i < 7; i++)
        {
            pause = backoff.After(pause);
            pauses.Add(pause.TotalSeconds);
        }

        Assert.Equal([1, 2, 4, 8, 16, 30, 30], pauses);
    }

    [Fact]
    public void After_PauseShorterThanTheShortest_IsTheShortest()
        => Assert.Equal(TimeSpan.FromSeconds(5), new Backoff(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)).After(TimeSpan.FromSeconds(1)));

    [Theory]
    [InlineData(15)]
    [InlineData(30)]
    [InlineData(31)]
    public void After_HalfTheLongestOrMore_IsTheLongest(int seconds)
        => Assert.Equal(TimeSpan.FromSeconds(30), new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)).After(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void After_LongestPauseThereIs_DoesNotOverflow()
        => Assert.Equal(TimeSpan.MaxValue, new Backoff(TimeSpan.FromSeconds(1), TimeSpan.MaxValue).After(TimeSpan.MaxValue));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(2, 1)]
    public void Backoff_NoPauseOrLimitBelowIt_IsRefused(int shortest, int longest)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new Backoff(TimeSpan.FromSeconds(shortest), TimeSpan.FromSeconds(longest)));
}
