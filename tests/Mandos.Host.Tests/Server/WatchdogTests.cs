using Mandos.Host.Server;
using Mandos.Host.Tests.Plugins.Instances;

namespace Mandos.Host.Tests.Server;

public sealed class WatchdogTests : IDisposable
{
    private const string Hangs = "Critical: The server does not answer its watchdog: nothing goes on in it";

    private readonly LogLines _log = new();
    private readonly TaskCompletionSource _never = new();
    private Func<Task> _probe = () => Task.CompletedTask;
    private long _work;
    private int _alive;
    private int _ends;

    public void Dispose() => _never.TrySetResult();

    [Fact]
    public async Task Look_ServerAnswers_TellsThatItLives()
    {
        using var watchdog = Create();

        await LookAsync(watchdog, 10);

        Assert.Equal((10, 0), (_alive, _ends));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Look_ServerIsNotWell_SaysWhyAndEndsItAtTheLimit()
    {
        _probe = () => throw new InvalidOperationException("not well");
        using var watchdog = Create();

        await LookAsync(watchdog, 4);
        Assert.Equal((0, 0), (_alive, _ends));
        await LookAsync(watchdog, 1);

        Assert.Equal((0, 1), (_alive, _ends));
        Assert.Equal(
            [
                .. Enumerable.Repeat("Critical: The server does not answer its watchdog: not well", 5),
                "Critical: The server has hung for 25 s: it ends, so that its clients go on to another server",
            ],
            _log.Lines);
    }

    [Fact]
    public void Look_NoAnswer_EndsItAtTheLimit()
    {
        _probe = () => _never.Task;
        using var watchdog = Create();

        Look(watchdog, 5);

        Assert.Equal((0, 1), (_alive, _ends));
        Assert.Equal(Enumerable.Repeat(Hangs, 5), _log.Lines.SkipLast(1));
    }

    [Fact]
    public void Look_NoAnswerYetButItWorks_LetsItLive()
    {
        _probe = () => _never.Task;
        using var watchdog = Create();

        for (var i = 0; i < 20; i++)
        {
            _work++;
            Look(watchdog, 1);
        }

        Assert.Equal((20, 0), (_alive, _ends));
    }

    [Fact]
    public async Task Look_AnswersInBetween_CountsAnew()
    {
        var answer = new TaskCompletionSource();
        _probe = () => answer.Task;
        using var watchdog = Create();

        Look(watchdog, 4);
        answer.SetResult();
        await LookAsync(watchdog, 1);
        await watchdog.Answer;
        _probe = () => _never.Task;
        Look(watchdog, 1); // the answer of before
        Look(watchdog, 4);

        Assert.Equal(0, _ends);
        Look(watchdog, 1);
        Assert.Equal(1, _ends);
    }

    [Fact]
    public void Look_NoLimitButSystemds_LeavesTheEndToSystemd()
    {
        _probe = () => _never.Task;
        using var watchdog = Create(TimeSpan.Zero, TimeSpan.FromSeconds(3));

        Look(watchdog, 100);

        Assert.Equal((0, 0), (_alive, _ends));
    }

    [Fact]
    public void Look_SystemdsLimitIsShorter_EndsItAtItsOwnAllTheSame()
    {
        _probe = () => _never.Task;
        using var watchdog = Create(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(3)); // a look a second

        Look(watchdog, 24);
        Assert.Equal(0, _ends);
        Look(watchdog, 1);

        Assert.Equal(1, _ends);
    }

    private Watchdog Create() => Create(TimeSpan.FromSeconds(30), null);

    private Watchdog Create(TimeSpan limit, TimeSpan? systemdLimit)
        => new(limit, systemdLimit, () => _probe(), [() => _work, () => _work], () => _alive++, () => _ends++, _log);

    private static void Look(Watchdog watchdog, int times)
    {
        for (var i = 0; i < times; i++)
        {
            watchdog.Look();
        }
    }

    private static async Task LookAsync(Watchdog watchdog, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await watchdog.Answer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            watchdog.Look();
        }
    }
}
