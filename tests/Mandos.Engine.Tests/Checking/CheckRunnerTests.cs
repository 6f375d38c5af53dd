using System.Collections.Concurrent;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Checking;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;
using Moq;

namespace Mandos.Engine.Tests.Checking;

/// <summary>Checks, through the engine.</summary>
public sealed class CheckRunnerTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Check_LogFails_CountsAndIsFollowedByOthers()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        _rig.Log.FailsOn = "checker failed";

        for (int i = 1; i < 3; i++)
        {
            _rig.StartChecker("a");
            _rig.RunningCheckOf("a").End(CheckResult.Exited(i));
            _rig.Settle();
            Assert.Equal(i, _rig["a"].LastCheckerStatus);
        }
    }

    [Fact]
    public void Start_FirstCheck_ComesAfterItsPartOfTheIntervalThenEveryInterval()
    {
        _rig.Start(EngineRig.Define("a"));

        for (int second = 1; second <= 420; second++)
        {
            _rig.Pass(TimeSpan.FromSeconds(1));
            _rig.Settle();
            Assert.Equal(second < 60 ? 0 : 1 + ((second - 60) / 120), _rig.Checker.Prepared.Count);
        }
    }

    [Fact]
    public void Due_OldCheckRuns_LeavesItToFinish()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a", static s => s with { Timeout = TimeSpan.FromHours(1) }));
        _rig.Pass(TimeSpan.FromSeconds(60));
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");
        _rig.Pass(TimeSpan.FromSeconds(120));
        FakeCheck check = _rig.RunningCheckOf("a");

        check.End(FakeChecker.Success);
        _rig.Settle();
        Assert.Equal(0, _rig["a"].LastCheckerStatus);
        _rig.Pass(TimeSpan.FromSeconds(120));
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the next check");

        Assert.Equal(2, _rig.Checker.Prepared.Count);
    }

    [Theory]
    [InlineData("no-such-program", 127, "the shell cannot find the program")]
    [InlineData("/etc/passwd", 126, "the shell may not run the program")]
    [InlineData("fping -q -- %(host)s", 4, "fping may not send pings; it needs the right to raw sockets")]
    public void Check_CommandCannotRun_IsToldOnceUntilItSucceeds(string command, int code, string meaning)
    {
        _rig.Start(
            EngineRig.Define("a", s => s with { Checker = command, Timeout = TimeSpan.FromHours(1) }),
            EngineRig.Define("b", s => s with { Checker = command, Timeout = TimeSpan.FromHours(1) }));

        RunBoth(CheckResult.Exited(code));
        RunBoth(CheckResult.Exited(code));
        Assert.Equal(1, Told());
        RunBoth(CheckResult.Exited(0));
        RunBoth(CheckResult.Exited(code));
        Assert.Equal(2, Told());

        int Told() => _rig.Log.Lines.Count(line => line.Level == LogLevel.Warning
            && line.Text.Contains($"has exit code {code}: {meaning}", StringComparison.Ordinal));
    }

    [Fact]
    public void Check_CommandsOwnFailure_IsNoWarning()
    {
        _rig.Start(
            EngineRig.Define("a", s => s with { Checker = "exit 4" }), EngineRig.Define("b", s => s with { Checker = "fping x" }));

        RunBoth(CheckResult.Exited(4), CheckResult.Exited(1));

        Assert.DoesNotContain(_rig.Log.Lines, line => line.Level == LogLevel.Warning);
    }

    [Theory]
    [InlineData(127, "its last check had exit code 127: the shell cannot find the program")]
    [InlineData(1, "its last check had exit code 1")]
    public void Expiry_AfterFailedChecks_NamesTheLastResult(int code, string text)
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        RunBoth(CheckResult.Exited(code));
        RunBoth(CheckResult.Exited(code));
        _rig.Pass(TimeSpan.FromSeconds(120));

        Assert.True(_rig.Log.Has(LogLevel.Warning, $"Client a: not seen alive in time, disabling it; {text}"));
    }

    /// <summary>Runs the next check of clients “a” and “b”.</summary>
    private void RunBoth(CheckResult ofA, CheckResult? ofB = null)
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Checker.Plan("b", CheckMode.Hangs);
        _rig.Pass(TimeSpan.FromSeconds(_rig.Checker.Prepared.IsEmpty ? 60 : 120));
        _rig.RunningCheckOf("a").End(ofA);
        _rig.RunningCheckOf("b").End(ofB ?? ofA);
        _rig.Settle();
    }

    [Fact]
    public void Hanging_Check_DoesNotKeepTheClientEnabled()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(60));
        _rig.Until(() => _rig["a"].CheckerRunning, "the check");

        _rig.Pass(TimeSpan.FromSeconds(240));

        Assert.False(_rig["a"].Enabled);
        _rig.Until(() => _rig.Checker.CountRunning("a") == 0, "the check to be stopped");
    }

    [Theory]
    [InlineData(nameof(CheckMode.Throws), -1)]
    [InlineData(nameof(CheckMode.ThrowsInPreparing), -1)]
    [InlineData(nameof(CheckMode.CannotBePrepared), 0)] // a bad format does nothing by itself
    public void Fault_OfAChecker_IsAFailedCheckAndTriedAgain(string mode, int status)
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.MarkCheckedOk("a");
        DateTimeOffset? expires = _rig["a"].Expires;
        _rig.Checker.Plan("a", Enum.Parse<CheckMode>(mode));

        _rig.StartChecker("a");
        _rig.Settle();
        Assert.Equal((status, expires, true), (_rig["a"].LastCheckerStatus, _rig["a"].Expires, _rig["a"].Enabled));
        _rig.Checker.Plan("a", FakeChecker.Success);
        _rig.Pass(TimeSpan.FromSeconds(60));
        _rig.Settle();

        Assert.Equal(0, _rig["a"].LastCheckerStatus);
    }

    [Fact]
    public void Fault_InDescription_DoesNotEndCheckingForGood()
    {
        var check = new Mock<ICheck>();
        check.SetupGet(static c => c.Description).Throws(new InvalidOperationException("a fault"));
        check.Setup(static c => c.RunAsync(It.IsAny<CancellationToken>())).ReturnsAsync(FakeChecker.Success);
        var checker = new Mock<IChecker>();
        checker.Setup(static c => c.Prepare(It.IsAny<ClientSnapshot>())).Returns(check.Object);
        using var rig = new EngineRig { OtherChecker = checker.Object };
        rig.Start(EngineRig.Define("a", static s => s with { CheckerPlugin = EngineRig.OtherCheckerName }));

        rig.StartChecker("a");
        rig.Settle();
        rig.StartChecker("a");
        rig.Settle();

        checker.Verify(static c => c.Prepare(It.IsAny<ClientSnapshot>()), Times.Exactly(2));
        Assert.Equal(-1, rig["a"].LastCheckerStatus);
        check.Verify(static c => c.RunAsync(It.IsAny<CancellationToken>()), Times.Never);
    }

    [Fact]
    public void Fault_NoDescription_IsAFailedCheck()
    {
        var check = new Mock<ICheck>();
        check.Setup(static c => c.RunAsync(It.IsAny<CancellationToken>())).ReturnsAsync(FakeChecker.Success);
        var checker = new Mock<IChecker>();
        checker.Setup(static c => c.Prepare(It.IsAny<ClientSnapshot>())).Returns(check.Object);
        check.SetupGet(static c => c.Description).Returns((string)null!);
        using var rig = new EngineRig { OtherChecker = checker.Object };
        rig.Start(EngineRig.Define("a", static s => s with { CheckerPlugin = EngineRig.OtherCheckerName }));

        rig.StartChecker("a");
        rig.Settle();

        // Control surfaces could not show it.
        Assert.Equal(["LastCheckerStatus=-1"], rig.TakeEvents());
    }

    [Fact]
    public void Checker_ThatBlocks_TakesNoThreadOfThePool()
    {
        var threads = new ConcurrentQueue<bool>();
        var check = new Mock<ICheck>();
        check.SetupGet(static c => c.Description).Returns("a check");
        check.Setup(static c => c.RunAsync(It.IsAny<CancellationToken>()))
            .Callback(() => threads.Enqueue(Thread.CurrentThread.IsThreadPoolThread)).ReturnsAsync(FakeChecker.Success);
        var checker = new Mock<IChecker>();
        checker.Setup(static c => c.Prepare(It.IsAny<ClientSnapshot>()))
            .Callback(() => threads.Enqueue(Thread.CurrentThread.IsThreadPoolThread)).Returns(check.Object);
        using var rig = new EngineRig { OtherChecker = checker.Object };
        rig.Start(EngineRig.Define("a", static s => s with { CheckerPlugin = EngineRig.OtherCheckerName }));

        rig.StartChecker("a");
        rig.Settle();

        Assert.Equal([false, false], threads);
    }

    [Fact]
    public void Checker_ThatBlocksAllItsThreads_HoldsUpNoOther()
    {
        using var release = new ManualResetEventSlim();
        int running = 0;
        var check = new Mock<ICheck>();
        check.SetupGet(static c => c.Description).Returns("a check");
        check.Setup(static c => c.RunAsync(It.IsAny<CancellationToken>())).Returns(() =>
        {
            Interlocked.Increment(ref running);
            release.Wait(TestContext.Current.CancellationToken);
            return Task.FromResult(FakeChecker.Success);
        });
        var checker = new Mock<IChecker>();
        checker.Setup(static c => c.Prepare(It.IsAny<ClientSnapshot>())).Returns(check.Object);
        using var rig = new EngineRig { OtherChecker = checker.Object };
        string[] blocked = [.. Enumerable.Range(0, CheckLimits.Threads + 1).Select(static i => $"blocked{i}")];
        rig.Start(
        [
            EngineRig.Define("a"),
            .. blocked.Select(static name => EngineRig.Define(name, static s => s with { CheckerPlugin = EngineRig.OtherCheckerName })),
        ]);

        Task[] starts = [.. blocked.Select(name => rig.Engine.Server.StartCheckerAsync(name, EngineRig.Person, TestContext.Current.CancellationToken))];
        rig.Until(() => Volatile.Read(ref running) == CheckLimits.Threads, "the checks that block");
        rig.StartChecker("a");
        rig.Until(() => rig["a"].LastCheckerStatus == 0, "the check of another checker");
        Assert.Equal(CheckLimits.Threads, Volatile.Read(ref running));
        release.Set();

        rig.Run(Task.WhenAll(starts));
        rig.Settle();
        Assert.All(blocked, name => Assert.Equal(0, rig[name].LastCheckerStatus));
    }

    [Fact]
    public void Checker_ThatBlocksOnItsOwnTasks_Ends()
    {
        using var together = new Barrier(CheckLimits.Threads);
        var check = new Mock<ICheck>();
        check.SetupGet(static c => c.Description).Returns("a check");
        check.Setup(static c => c.RunAsync(It.IsAny<CancellationToken>())).Returns(() =>
        {
            together.SignalAndWait(TestContext.Current.CancellationToken);
            return Task.FromResult(LaterAsync().GetAwaiter().GetResult());
        });
        var checker = new Mock<IChecker>();
        checker.Setup(static c => c.Prepare(It.IsAny<ClientSnapshot>())).Returns(check.Object);
        using var rig = new EngineRig { OtherChecker = checker.Object };
        string[] names = [.. Enumerable.Range(0, CheckLimits.Threads).Select(static i => $"c{i}")];
        rig.Start([.. names.Select(static name => EngineRig.Define(name, static s => s with { CheckerPlugin = EngineRig.OtherCheckerName }))]);

        Task[] starts = [.. names.Select(name => rig.Engine.Server.StartCheckerAsync(name, EngineRig.Person, TestContext.Current.CancellationToken))];
        rig.Run(Task.WhenAll(starts));
        rig.Settle();

        Assert.All(names, name => Assert.Equal(0, rig[name].LastCheckerStatus));

        static async Task<CheckResult> LaterAsync()
        {
            await Task.Yield();
            return FakeChecker.Success;
        }
    }

    [Fact]
    public void Success_OfAClientWhoseExpiryIsDue_DoesNotExtendIt()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        _rig.StartChecker("a");
        _rig.RunningCheckOf("a").End(FakeChecker.Success);
        Assert.True(SpinWait.SpinUntil(() => _rig.Engine.Parts.Checks.WhenIdleAsync().IsCompleted, TimeSpan.FromSeconds(30)));

        // The result is there before the timer, as when the machine has no time for timers.
        _rig.Pass(_rig["a"].Settings.Timeout);

        Assert.Equal((false, null, 0), (_rig["a"].Enabled, _rig["a"].Expires, _rig["a"].LastCheckerStatus));
    }

    [Fact]
    public void MarkCheckedOk_ClientWhoseExpiryIsDue_DoesNotExtendIt()
    {
        _rig.Start(EngineRig.Define("a"));
        Task mark = _rig.Engine.Server.MarkCheckedOkAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);

        _rig.Pass(_rig["a"].Settings.Timeout);
        _rig.Run(mark);

        Assert.False(_rig["a"].Enabled);
    }

    [Fact]
    public void Plugin_Missing_IsAFailedCheckThatNamesTheChoice()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { CheckerPlugin = "ssh" }));

        _rig.StartChecker("a");
        _rig.Settle();

        Assert.True(_rig.Log.Has(LogLevel.Error, "no checker plugin named “ssh”; there are: shell"));
        Assert.Equal(-1, _rig["a"].LastCheckerStatus);
        Assert.Equal(["LastCheckerStatus=-1"], _rig.TakeEvents());
    }

    [Fact]
    public void Stop_ResultComesAnyway_DoesNotCount()
    {
        _rig.Checker.Plan("a", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"));
        _rig.StartChecker("a");
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");
        FakeCheck check = _rig.RunningCheckOf("a");

        _rig.StopChecker("a");
        check.End(FakeChecker.Success);
        _rig.Settle();

        Assert.Equal((ClientSnapshot.NotCheckedYet, null), (_rig["a"].LastCheckerStatus, _rig["a"].LastCheckedOk));
    }

    [Fact]
    public void StopAndStart_OldCheckSlowToDie_RunsTheNewOneAfterIt()
    {
        _rig.Checker.Plan("a", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"));
        _rig.StartChecker("a");
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");
        FakeCheck old = _rig.RunningCheckOf("a");
        _rig.StopChecker("a");
        _rig.Checker.Plan("a", CheckMode.Hangs);

        Task start = _rig.Engine.Server.StartCheckerAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Client("a").Check is not null, "the start");
        Assert.False(_rig["a"].CheckerRunning);
        Assert.False(start.IsCompleted);
        old.End(FakeChecker.Success);
        _rig.Run(start);

        Assert.True(_rig["a"].CheckerRunning);
        _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the new check");
        Assert.Equal(1, _rig.Checker.MostAtOnce);
        Assert.Equal(ClientSnapshot.NotCheckedYet, _rig["a"].LastCheckerStatus);
    }

    [Fact]
    public void StopAndStart_ManyTimes_NeverRunsTwoAtOnce()
    {
        _rig.Checker.Plan("a", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"));
        for (int i = 0; i < 300; i++)
        {
            Task start = _rig.Engine.Server.StartCheckerAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
            if (i % 3 == 0)
            {
                _rig.Run(start);
                _rig.Until(() => _rig.Checker.CountRunning("a") == 1, "the check");
            }

            // The next one is started without waiting for this one to die.
            _rig.StopChecker("a");
        }

        _rig.Settle();
        Assert.Equal(1, _rig.Checker.MostAtOnce);
        Assert.False(_rig["a"].CheckerRunning);
    }

    [Fact]
    public void Success_OfADisabledClient_DoesNotEnableIt()
    {
        _rig.Start(EngineRig.Define("a", enabled: false));

        _rig.StartChecker("a");
        _rig.Settle();

        Assert.Equal((false, null, 0), (_rig["a"].Enabled, _rig["a"].Expires, _rig["a"].LastCheckerStatus));
    }
}
