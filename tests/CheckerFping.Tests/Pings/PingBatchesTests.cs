using System.Globalization;
using Mandos.Abstractions.Checking;
using Mandos.CheckerFping.Pings;
using Mandos.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace CheckerFping.Tests.Pings;

public sealed class PingBatchesTests
{
    private static readonly string[] _batch = ["fping", "-i", "1", "--"];

    private readonly FakeTimeProvider _time = new();
    private readonly FakePrograms _programs = new();
    private readonly TestPluginContext _context;
    private readonly PingBatches _batches;

    public PingBatchesTests()
    {
        _context = new TestPluginContext { TimeProvider = _time };
        _batches = new PingBatches(_context, _programs, PingLimits.Window);
    }

    [Fact]
    public async Task PingAsync_SeveralAtOnce_ShareARun()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2", "192.0.2.3");
        FakeRun run = await AfterWindowAsync();
        Assert.Equal([.. _batch, "192.0.2.1", "192.0.2.2", "192.0.2.3"], run.Arguments);

        run.Say("192.0.2.2 is alive");
        Assert.Equal(CheckResult.Exited(0), await checks[1]);
        Assert.False(checks[0].IsCompleted);
        Assert.False(checks[2].IsCompleted);

        _time.Advance(PingLimits.Silence);
        run.Say("192.0.2.1 is unreachable");
        Assert.Equal(CheckResult.Exited(1), await checks[0]);
        Assert.False(checks[2].IsCompleted);
        run.Say("192.0.2.3 is unreachable");
        run.Exit(1);

        Assert.Equal(CheckResult.Exited(1), await checks[2]);
        Assert.True(_programs.AreTaken);
        Assert.Empty(_context.Logged);
    }

    [Fact]
    public async Task PingAsync_NoOther_IsTheCommandItself()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1");

        FakeRun run = await AfterWindowAsync();
        Assert.Equal(["fping", "-q", "--", "192.0.2.1"], run.Arguments);
        run.Exit(4);

        Assert.Equal(CheckResult.Exited(4), await checks[0]);
    }

    [Fact]
    public async Task PingAsync_SameHostTwice_IsPingedOnce()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2", "192.0.2.1");
        FakeRun run = await AfterWindowAsync();
        Assert.Equal([.. _batch, "192.0.2.1", "192.0.2.2"], run.Arguments);

        run.Say("192.0.2.1 is alive");

        Assert.Equal(CheckResult.Exited(0), await checks[0]);
        Assert.Equal(CheckResult.Exited(0), await checks[2]);
        run.Say("192.0.2.2 is alive");
        run.Exit(0);
    }

    [Fact]
    public async Task PingAsync_AsManyAsFit_WaitForNoMore()
    {
        string[] hosts = [.. Enumerable.Range(0, PingLimits.Hosts).Select(static i => string.Create(CultureInfo.InvariantCulture, $"192.0.2.{i}"))];
        Start(hosts);

        FakeRun run = await _programs.NextAsync();

        Assert.Equal([.. _batch, .. hosts], run.Arguments);
    }

    [Fact]
    public async Task PingAsync_SilentTheLastTime_GoesWithSuchAlone()
    {
        Start("192.0.2.1", "192.0.2.2");
        _ = _batches.PingAsync("192.0.2.3", answered: false, Checks.TestEnds);
        _ = _batches.PingAsync("192.0.2.4", answered: false, Checks.TestEnds);
        _time.Advance(PingLimits.Window);

        FakeRun[] runs = [await _programs.NextAsync(), await _programs.NextAsync()];

        Assert.Contains(runs, run => run.Arguments.SequenceEqual([.. _batch, "192.0.2.1", "192.0.2.2"]));
        Assert.Contains(runs, run => run.Arguments.SequenceEqual([.. _batch, "192.0.2.3", "192.0.2.4"]));
    }

    [Fact]
    public async Task PingAsync_OneStopped_TheOthersGoOn()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult?> stopped = _batches.PingAsync("192.0.2.1", answered: true, stop.Token);
        Task<CheckResult?>[] checks = Start("192.0.2.2");
        FakeRun run = await AfterWindowAsync();

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);

        Assert.False(run.Stopped.IsCompleted);
        run.Say("192.0.2.1 is alive", "192.0.2.2 is alive");
        run.Exit(0);
        Assert.Equal(CheckResult.Exited(0), await checks[0]);
    }

    [Fact]
    public async Task PingAsync_AllStopped_EndsWhenTheRunHas()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult?> first = _batches.PingAsync("192.0.2.1", answered: true, stop.Token);
        using var stopSecond = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult?> second = _batches.PingAsync("192.0.2.2", answered: true, stopSecond.Token);
        Task<CheckResult?>[] answering = Start("192.0.2.3");
        FakeRun run = await AfterWindowAsync();
        run.Say("192.0.2.3 is alive");
        await answering[0];
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(run.Stopped.IsCompleted);

        await stopSecond.CancelAsync();
        await run.Stopped;
        Assert.False(second.IsCompleted);
        run.Die();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Empty(_context.Logged);
    }

    [Fact]
    public async Task PingAsync_StoppedBeforeItsRun_IsNotPinged()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Checks.TestEnds);
        Task<CheckResult?> stopped = _batches.PingAsync("192.0.2.1", answered: true, stop.Token);
        Start("192.0.2.2", "192.0.2.3");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);

        FakeRun run = await AfterWindowAsync();
        Assert.Equal([.. _batch, "192.0.2.2", "192.0.2.3"], run.Arguments);
    }

    [Theory]
    [InlineData("192.0.2.1: error while sending ping: Resource temporarily unavailable")]
    [InlineData(" [<- 192.0.2.9]192.0.2.1 is alive")]
    [InlineData("192.0.2.1 is unreachable")] // long before it can be sure
    public async Task PingAsync_NotClear_IsSettledAlone(string line)
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2");
        FakeRun run = await AfterWindowAsync();

        run.Say(line);

        FakeRun alone = await _programs.NextAsync();
        Assert.Equal(["fping", "-q", "--", "192.0.2.1"], alone.Arguments);
        run.Say("192.0.2.1 is alive", "192.0.2.1 is unreachable"); // too late
        alone.Exit(3);
        Assert.Equal(CheckResult.Exited(3), await checks[0]);
        Assert.False(checks[1].IsCompleted);
    }

    [Fact]
    public async Task PingAsync_EndsWithoutAWordOfAHost_IsSettledAlone()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2");
        FakeRun run = await AfterWindowAsync();
        run.Say("192.0.2.1 is alive", "received packet too short for ICMP (8 bytes from 192.0.2.2)");
        run.Exit(0);
        Assert.Equal(CheckResult.Exited(0), await checks[0]);

        FakeRun alone = await _programs.NextAsync();
        Assert.Equal(["fping", "-q", "--", "192.0.2.2"], alone.Arguments);
        alone.Exit(1);

        Assert.Equal(CheckResult.Exited(1), await checks[1]);
        Assert.Empty(_context.Logged);
    }

    [Theory]
    [InlineData(3, true)] // an option is unknown
    [InlineData(4, true)] // no right to raw sockets
    [InlineData(0, true)] // not fping
    [InlineData(1, false)] // killed
    public async Task PingAsync_RunGoesWrong_EachGoesAloneForAWhile(int code, bool exits)
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2");
        (await AfterWindowAsync()).Exit(exits ? CheckResult.Exited(code) : CheckResult.Signaled(9));
        for (int i = 0; i < 2; i++)
        {
            FakeRun alone = await _programs.NextAsync();
            Assert.Equal("-q", alone.Arguments[1]);
            alone.Exit(4);
        }

        Assert.Equal([CheckResult.Exited(4), CheckResult.Exited(4)], await Task.WhenAll(checks));
        var (_, level, text) = Assert.Single(_context.Logged);
        Assert.Equal(LogLevel.Warning, level);
        Assert.StartsWith("“fping” cannot ping many hosts at once: ", text, StringComparison.Ordinal);

        // Without a window.
        Start("192.0.2.1", "192.0.2.2");
        Assert.Equal("-q", (await _programs.NextAsync()).Arguments[1]);
        Assert.Equal("-q", (await _programs.NextAsync()).Arguments[1]);

        _time.Advance(PingLimits.Suspension);
        Start("192.0.2.1", "192.0.2.2");
        FakeRun again = await AfterWindowAsync();
        Assert.Equal("-i", again.Arguments[1]);
        again.Exit(4);
        await _programs.NextAsync();
        Assert.Single(_context.Logged);
    }

    [Theory]
    [InlineData("fping: Version 4.2\n", "it is version 4.2, and 4.3 or later is needed")]
    [InlineData("fping: usage\n", "it does not tell its version")]
    [InlineData(null, "cannot start fping: No such file or directory")]
    public async Task PingAsync_FpingWillNotDo_EachGoesAloneWithOneWarning(string? version, string reason)
    {
        _programs.Version = version;
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2");
        _time.Advance(PingLimits.Window);
        for (int i = 0; i < 2; i++)
        {
            FakeRun alone = await _programs.NextAsync();
            Assert.Equal("-q", alone.Arguments[1]);
            alone.Exit(CheckResult.Failed("cannot start fping"), group: 0);
        }

        // So the shell is asked.
        Assert.Equal([null, null], await Task.WhenAll(checks));
        Assert.Contains(reason, Assert.Single(_context.Logged).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PingAsync_Version_IsAskedOnce()
    {
        for (int i = 0; i < 3; i++)
        {
            Start("192.0.2.1", "192.0.2.2");
            FakeRun run = await AfterWindowAsync();
            run.Say("192.0.2.1 is alive", "192.0.2.2 is alive");
            run.Exit(0);
        }

        Assert.Equal(1, _programs.Asked);
    }

    [Fact]
    public async Task PingAsync_RunDoesNotEnd_IsEndedAndEachGoesAlone()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2");
        FakeRun run = await AfterWindowAsync();
        run.Say("192.0.2.1 is alive");
        Assert.Equal(CheckResult.Exited(0), await checks[0]);

        _time.Advance(PingLimits.Batch);
        await run.Stopped;
        run.Die();

        FakeRun alone = await _programs.NextAsync();
        Assert.Equal(["fping", "-q", "--", "192.0.2.2"], alone.Arguments);
        alone.Exit(0);
        Assert.Equal(CheckResult.Exited(0), await checks[1]);
    }

    [Fact]
    public async Task PingAsync_AnswersWithoutEnd_AreNotReadForEver()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.2");
        FakeRun run = await AfterWindowAsync();

        run.Say([.. Enumerable.Repeat("192.0.2.1 : duplicate for [0], 64 bytes, 0.010 ms", 1 + (PingLimits.Output / 50))]);
        await run.Stopped;
        run.Say("192.0.2.2 is alive"); // not read
        run.Die();

        for (int i = 0; i < 2; i++)
        {
            (await _programs.NextAsync()).Exit(1);
        }

        Assert.Equal([CheckResult.Exited(1), CheckResult.Exited(1)], await Task.WhenAll(checks));
        Assert.Empty(_context.Logged);
    }

    [Fact]
    public async Task PingAsync_Name_GoesWithOthersOnceItWasQuick()
    {
        await MakeQuickAsync("one.example", "two.example");

        Task<CheckResult?>[] checks = Start("one.example", "two.example");
        FakeRun run = await AfterWindowAsync();

        // This machine first: when it answers, the names have been looked up.
        Assert.Equal([.. _batch, "127.0.0.1", "one.example", "two.example"], run.Arguments);
        run.Say("127.0.0.1 is alive", "one.example is alive", "two.example is alive");
        run.Exit(0);
        Assert.Equal([CheckResult.Exited(0), CheckResult.Exited(0)], await Task.WhenAll(checks));
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(1, 4200)]
    [InlineData(2, 1)]
    [InlineData(4, 1)]
    public async Task PingAsync_NameSlowOrUnknown_StaysAlone(int code, int milliseconds)
    {
        for (int i = 0; i < 2; i++)
        {
            Task<CheckResult?>[] checks = Start("one.example");
            FakeRun run = await _programs.NextAsync(); // without a window
            Assert.Equal(["fping", "-q", "--", "one.example"], run.Arguments);
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            run.Exit(code);
            Assert.Equal(CheckResult.Exited(code), await checks[0]);
        }
    }

    [Fact]
    public async Task PingAsync_LookupHangs_EachGoesAloneSoon()
    {
        await MakeQuickAsync("one.example", "two.example");
        Task<CheckResult?>[] checks = Start("one.example", "two.example");
        FakeRun run = await AfterWindowAsync();

        _time.Advance(PingLimits.Lookups);
        await run.Stopped;
        run.Die();

        for (int i = 0; i < 2; i++)
        {
            FakeRun alone = await _programs.NextAsync();
            Assert.Equal("-q", alone.Arguments[1]);
            _time.Advance(PingLimits.Lookup);
            alone.Exit(0);
        }

        await Task.WhenAll(checks);
        Assert.Empty(_context.Logged);
        Start("one.example");
        Assert.Equal("-q", (await _programs.NextAsync()).Arguments[1]);
    }

    [Fact]
    public async Task PingAsync_NamesLookedUp_HaveTheirTime()
    {
        await MakeQuickAsync("one.example", "two.example");
        Task<CheckResult?>[] checks = Start("one.example", "two.example");
        FakeRun run = await AfterWindowAsync();
        run.Say("127.0.0.1 is alive");

        _time.Advance(PingLimits.Silence);
        Assert.False(run.Stopped.IsCompleted);
        run.Say("one.example is unreachable", "two.example is unreachable");
        run.Exit(1);

        Assert.Equal([CheckResult.Exited(1), CheckResult.Exited(1)], await Task.WhenAll(checks));
    }

    [Fact]
    public async Task PingAsync_NameHasBecomeUnknown_IsFpingsCode2()
    {
        await MakeQuickAsync("one.example", "two.example");
        Task<CheckResult?>[] checks = Start("one.example", "two.example");
        FakeRun run = await AfterWindowAsync();
        run.Say("one.example: Name or service not known", "127.0.0.1 is alive", "two.example is alive");
        Assert.Equal(CheckResult.Exited(0), await checks[1]);
        run.Exit(2);

        Assert.Equal(CheckResult.Exited(2), await checks[0]);
        Start("one.example");
        Assert.Equal("-q", (await _programs.NextAsync()).Arguments[1]);
    }

    [Fact]
    public async Task PingAsync_ThisMachineDoesNotAnswer_AnyOtherShowsThatNamesAreLookedUp()
    {
        await MakeQuickAsync("one.example", "two.example");
        Task<CheckResult?>[] checks = Start("one.example", "two.example");
        FakeRun run = await AfterWindowAsync();
        run.Say("one.example is alive");
        Assert.Equal(CheckResult.Exited(0), await checks[0]);

        _time.Advance(PingLimits.Lookups);

        Assert.False(run.Stopped.IsCompleted);
        run.Say("two.example is alive");
        run.Exit(1);
        Assert.Equal(CheckResult.Exited(0), await checks[1]);
    }

    [Fact]
    public async Task PingAsync_WordsOfOneHost_AreNotAnothers()
    {
        Task<CheckResult?>[] checks = Start("192.0.2.1", "192.0.2.11", "2001:db8::1");
        FakeRun run = await AfterWindowAsync();

        run.Say(
            "92.0.2.11 is alive", "192.0.2.1 is alive ", "192.0.2.1  is alive", "192.0.2.1 192.0.2.11 is alive", "192.0.2.111 is alive",
            "192.0.2.1 is alive (0.03 ms)", "x\0192.0.2.1 is alive", "ICMP Host Unreachable from 192.0.2.1 for ICMP Echo sent to 192.0.2.11",
            " [<- 192.0.2.9 192.0.2.1 is alive", "[<- ]192.0.2.1 is alive", new string(' ', PingLimits.Line) + "192.0.2.1 is alive",
            "2001:DB8::1 is alive", " is alive", "");

        Assert.True(_programs.AreTaken);
        Assert.All(checks, check => Assert.False(check.IsCompleted));
    }

    private Task<CheckResult?>[] Start(params string[] hosts)
        => [.. hosts.Select(
            host => _batches.PingAsync(host, answered: true, Checks.TestEnds).WaitAsync(Patience.Limit, TimeProvider.System))];

    private async Task<FakeRun> AfterWindowAsync()
    {
        _time.Advance(PingLimits.Window);
        return await _programs.NextAsync();
    }

    private async Task MakeQuickAsync(params string[] names)
    {
        foreach (string name in names)
        {
            Task<CheckResult?>[] checks = Start(name);
            (await _programs.NextAsync()).Exit(0);
            await checks[0];
        }
    }
}
