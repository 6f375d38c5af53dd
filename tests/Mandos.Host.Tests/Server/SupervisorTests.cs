using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Isolation;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Server;
using Mandos.Host.Tests.Plugins.Instances;

namespace Mandos.Host.Tests.Server;

public sealed class SupervisorTests : IDisposable
{
    private readonly WaitClock _time = new();
    private readonly LogLines _log = new();
    private readonly Plugin _plugin = new(new() { Name = "P", File = "/p", State = PluginState.Active }, PluginOptions.Default);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _hang = new(0);

    public void Dispose()
    {
        _hang.Release(100);
        _stop.Dispose();
    }

    [Fact]
    public async Task Run_SoundRun_EndsWhenCancelledWithoutAWord()
    {
        var started = new TaskCompletionSource();
        var run = RunAsync(token =>
        {
            started.SetResult();
            return Forever(token);
        });
        await started.Task;

        await _stop.CancelAsync();
        await run;

        Assert.Empty(_log.Lines);
        Assert.Equal(PluginState.Active, _plugin.Description.State);
    }

    [Fact]
    public async Task Run_Fails_IsRunAgainWithLongerPauses()
    {
        var runs = 0;
        var run = RunAsync(_ => ++runs switch
        {
            1 => throw new InvalidOperationException("at once"),
            2 => Task.FromException(new InvalidOperationException("later")),
            3 => Task.CompletedTask,
            _ => Forever(CancellationToken.None),
        });
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        await _time.PassAsync(TimeSpan.FromSeconds(2));
        await _time.PassAsync(TimeSpan.FromSeconds(4));
        await WaitClock.UntilAsync(() => runs == 4);

        Assert.Equal(
            [
                "Error: surface “s” failed: at once; it is run again in 1 s",
                "Error: surface “s” failed: later; it is run again in 2 s",
                "Error: surface “s” failed: it ended by itself; it is run again in 4 s",
            ],
            _log.Lines);
        await _stop.CancelAsync();
        await _time.PassAsync(PluginLimits.Stop);
        await run;
    }

    [Fact]
    public async Task Run_CodeIsMissing_IsMalfunctionedAndNotRunAgain()
    {
        Exception missing = new MissingMethodException("no such method");

        await RunAsync(_ => Task.FromException(new AggregateException(new TypeInitializationException("T", missing))));

        Assert.Equal(
            [
                "Error: Plugin P: surface “s” lacks code that it needs, so it is not run again: no such method; "
                    + "install the plugin again, with all its files",
            ],
            _log.Lines);
        Assert.Equal(
            (PluginState.Malfunctioned, "surface “s” lacks code that it needs: no such method"),
            (_plugin.Description.State, _plugin.Description.Reason));
    }

    [Fact]
    public async Task Run_CodeIsMissingAfterAGoodRun_IsMalfunctionedAndRunAgain()
    {
        var runs = 0;
        var run = RunAsync(async token =>
        {
            if (++runs == 1)
            {
                await Task.Delay(TimeSpan.FromMinutes(2), _time, token);
                throw new TypeLoadException("for one request");
            }

            await Forever(token);
        });
        await _time.PassAsync(TimeSpan.FromMinutes(2));
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        await WaitClock.UntilAsync(() => runs == 2);

        Assert.Equal(PluginState.Malfunctioned, _plugin.Description.State);
        await _stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Run_BlocksItsThread_IsReportedAndLeftBehindAtTheEnd()
    {
        var run = RunAsync(_ =>
        {
            _hang.Wait(CancellationToken.None);
            return Task.CompletedTask;
        });

        await _time.PassAsync(PluginLimits.Start);
        await WaitClock.UntilAsync(() => _log.Lines.Count == 1);
        Assert.Equal((PluginState.Malfunctioned, "surface “s” hangs at its start"), (_plugin.Description.State, _plugin.Description.Reason));
        await _stop.CancelAsync();
        await _time.PassAsync(PluginLimits.Stop);
        await run;

        Assert.Equal(
            [
                "Warning: Plugin P: surface “s” hangs at its start: it has not returned from RunAsync within 5 s; the server goes on without waiting for it",
                "Warning: Plugin P: surface “s” does not stop: it still runs 10 s after it was told to end",
            ],
            _log.Lines);
    }

    [Fact]
    public async Task Run_HangsInItsCallbackAtTheEnd_IsLeftBehind()
    {
        var started = new TaskCompletionSource();
        var run = RunAsync(token =>
        {
            token.Register(() => _hang.Wait(CancellationToken.None));
            started.SetResult();
            return Forever(CancellationToken.None);
        });
        await started.Task;

        await _stop.CancelAsync();
        await _time.PassAsync(PluginLimits.Stop);
        await run;

        Assert.Equal(["Warning: Plugin P: surface “s” does not stop: it still runs 10 s after it was told to end"], _log.Lines);
        Assert.Equal((PluginState.Malfunctioned, "surface “s” does not stop"), (_plugin.Description.State, _plugin.Description.Reason));
    }

    [Fact]
    public async Task Run_PluginLetsAnExceptionGo_IsCancelledAndRunAgain()
    {
        var runs = 0;
        var ended = 0;
        var run = RunAsync(async token =>
        {
            runs++;
            await Forever(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended++;
        });
        await WaitClock.UntilAsync(() => runs == 1);

        _plugin.FailUnhandled(new InvalidOperationException("on a thread"));
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        await WaitClock.UntilAsync(() => runs == 2);

        Assert.Equal(1, ended);
        Assert.Equal(["Error: surface “s” failed: one of its threads let an exception go; it is run again in 1 s"], _log.Lines);
        await _stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Run_PluginLetsAnExceptionGoAndHangs_IsNotRunTwiceAtATime()
    {
        var runs = 0;
        var first = new TaskCompletionSource();
        var run = RunAsync(_ => Interlocked.Increment(ref runs) == 1 ? first.Task : Forever(CancellationToken.None));
        await WaitClock.UntilAsync(() => runs == 1);

        _plugin.FailUnhandled(new InvalidOperationException("on a thread"));
        await _time.PassAsync(PluginLimits.Stop);
        await WaitClock.UntilAsync(() => _log.Lines.Count == 1);
        Assert.Equal(1, runs);
        first.SetResult();
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        await WaitClock.UntilAsync(() => runs == 2);

        await _stop.CancelAsync();
        await _time.PassAsync(PluginLimits.Stop);
        await run;
    }

    [Fact]
    public async Task WatchEnd_DoesNotEnd_IsSaidOnceItsTimeIsOver()
    {
        var running = new TaskCompletionSource();

        var watch = new Supervisor(_time, _log).WatchEndAsync("announcer “a”", _plugin, running.Task, _stop.Token);
        await _time.PassAsync(PluginLimits.Stop);
        await watch;

        Assert.Equal(["Warning: Plugin P: announcer “a” does not stop: it still runs 10 s after it was told to end"], _log.Lines);
        Assert.Equal(PluginState.Malfunctioned, _plugin.Description.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WatchEnd_EndsOrAllEnds_SaysNothing(bool ends)
    {
        var running = new TaskCompletionSource();

        var watch = new Supervisor(_time, _log).WatchEndAsync("announcer “a”", _plugin, running.Task, _stop.Token);
        if (ends)
        {
            running.SetException(new InvalidOperationException());
        }
        else
        {
            await _stop.CancelAsync();
        }

        await watch;

        Assert.Empty(_log.Lines);
    }

    private Task RunAsync(Func<CancellationToken, Task> run) => new Supervisor(_time, _log).RunAsync("surface “s”", _plugin, run, _stop.Token);

    private Task Forever(CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
}
