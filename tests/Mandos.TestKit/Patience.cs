using Xunit;

namespace Mandos.TestKit;

/// <summary>How long tests wait for what must come. No test passes sooner or later because of it.</summary>
public static class Patience
{
    /// <summary>Far more than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="what">What is waited for, for the failure's text.</param>
    /// <param name="condition">The condition.</param>
    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    /// <inheritdoc cref="UntilAsync(string, Func{bool})"/>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, $"waited {Limit.TotalSeconds} s in vain: {what}");
            await Task.Delay(_pollInterval, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
