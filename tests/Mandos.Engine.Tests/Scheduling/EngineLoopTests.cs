using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Moq;

namespace Mandos.Engine.Tests.Scheduling;

public sealed class EngineLoopTests
{
    private readonly TestLog _log = new();
    private readonly EngineLoop _loop;

    public EngineLoopTests() => _loop = new EngineLoop(_log);

    [Fact]
    public async Task Start_ManyPosters_RunsAllOneAfterAnotherInTheirOrders()
    {
        const int posters = 8;
        const int each = 5_000;
        int inside = 0;
        int overlaps = 0;
        var order = new List<int>[posters];
        _loop.Start();

        await Task.WhenAll(Enumerable.Range(0, posters).Select(p => Task.Run(() =>
        {
            order[p] = [];
            for (int i = 0; i < each; i++)
            {
                int number = i;
                _loop.Post(() =>
                {
                    overlaps += Interlocked.Increment(ref inside) > 1 ? 1 : 0;
                    order[p].Add(number);
                    Interlocked.Decrement(ref inside);
                });
            }
        })));
        _loop.Complete();
        await _loop.Completion;

        Assert.Equal(0, overlaps);
        Assert.All(order, static numbers => Assert.Equal(Enumerable.Range(0, each), numbers));
    }

    [Fact]
    public async Task Post_FromWithin_RunsAfterwardsAndNeverHoldsThePosterForLong()
    {
        int count = 0;
        int ownThread = Environment.CurrentManagedThreadId;
        int inOwnThread = 0;
        bool nested = false;
        bool inside = false;
        void Again()
        {
            nested |= inside;
            inside = true;
            inOwnThread += Environment.CurrentManagedThreadId == ownThread ? 1 : 0;
            if (++count < 1_000)
            {
                _loop.Post(Again);
            }
            else
            {
                _loop.Complete();
            }

            inside = false;
        }

        _loop.Start();
        _loop.Post(Again);
        int whenPosted = inOwnThread;
        await _loop.Completion;

        Assert.Equal(1_000, count);
        Assert.False(nested);
        Assert.InRange(whenPosted, 1, EngineLoop.TurnLength);
    }

    [Fact]
    public void Post_BeforeStart_RunsAtTheStart()
    {
        bool ran = false;
        _loop.Post(() => ran = true);
        Assert.False(ran);

        _loop.Start();

        Assert.True(ran);
    }

    [Fact]
    public void Run_ActionAndLogThrow_LoopGoesOn()
    {
        var logger = new Mock<ILogger>();
        logger.Setup(static l => l.IsEnabled(It.IsAny<LogLevel>())).Throws(new IOException("no room for the log"));
        var loop = new EngineLoop(logger.Object);
        loop.Start();
        bool ran = false;

        loop.Post(static () => throw new InvalidOperationException("x"));
        loop.Post(() => ran = true);

        Assert.True(ran);
    }

    [Fact]
    public void RunPending_ActionThrows_LogsItAndGoesOn()
    {
        bool ran = false;
        _loop.Post(static () => throw new InvalidOperationException("x"));
        _loop.Post(() => ran = true);

        Assert.True(_loop.RunPending());

        Assert.True(ran);
        Assert.True(_log.Has(LogLevel.Critical, "Unexpected error"));
        Assert.False(_loop.RunPending());
    }

    [Fact]
    public async Task InvokeAsync_FunctionThrows_CallerGetsTheException()
    {
        Task<int> call = _loop.InvokeAsync<int>(static () => throw new InvalidOperationException("x"), CancellationToken.None);

        _loop.RunPending();

        await Assert.ThrowsAsync<InvalidOperationException>(() => call);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task InvokeAsync_CallerGivesUpWhileItWaits_DoesNotRun()
    {
        using var source = new CancellationTokenSource();
        bool ran = false;
        Task<bool> call = _loop.InvokeAsync(() => ran = true, source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _loop.InvokeAsync(() => ran = true, source.Token));
        _loop.RunPending();
        Assert.False(ran);
    }

    [Fact]
    public async Task InvokeAsync_CallerGivesUpWhileItRuns_GetsWhatWasMade()
    {
        // A subscription that was made and given to nobody would never be ended.
        using var source = new CancellationTokenSource();
        Task<int> call = _loop.InvokeAsync(
            () =>
            {
                source.Cancel();
                return 1;
            },
            source.Token);

        _loop.RunPending();

        Assert.Equal(1, await call);
    }

    [Fact]
    public async Task Complete_WorkWaiting_RunsItAndRefusesMore()
    {
        bool ran = false;
        _loop.Post(() => ran = true);

        _loop.Complete();
        _loop.Start();
        await _loop.Completion;

        Assert.True(ran);
        Assert.False(_loop.TryPost(static () => { }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _loop.InvokeAsync(static () => 1, CancellationToken.None));
    }
}
