using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Scheduling;

public sealed class EngineLoopTests
{
    private readonly TestLog _log = new();
    private readonly EngineLoop _loop;

    public EngineLoopTests() => _loop = new EngineLoop(_log);

    [Fact]
    public async Task RunAsync_ManyPosters_RunsAllOneAfterAnotherInTheirOrders()
    {
        const int posters = 8;
        const int each = 2_000;
        int inside = 0;
        int overlaps = 0;
        var order = new List<int>[posters];
        Task run = Task.Run(_loop.RunAsync, TestContext.Current.CancellationToken);

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
        await run;

        Assert.Equal(0, overlaps);
        Assert.All(order, static numbers => Assert.Equal(Enumerable.Range(0, each), numbers));
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
    public async Task InvokeAsync_CallerGivesUp_StillRuns()
    {
        using var source = new CancellationTokenSource();
        bool ran = false;
        Task<bool> call = _loop.InvokeAsync(() => ran = true, source.Token);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        _loop.RunPending();
        Assert.True(ran);
    }

    [Fact]
    public async Task Complete_WorkWaiting_RunsItAndRefusesMore()
    {
        bool ran = false;
        _loop.Post(() => ran = true);

        _loop.Complete();
        bool posted = _loop.TryPost(static () => { });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _loop.InvokeAsync(static () => 1, CancellationToken.None));
        await _loop.RunAsync();

        Assert.True(ran);
        Assert.False(posted);
    }
}
