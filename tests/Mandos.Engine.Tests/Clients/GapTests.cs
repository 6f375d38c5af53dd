using Mandos.Abstractions.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Clients;

/// <summary>The server does not run for a while: stopped, frozen, or its machine was. Timeout 5 min, interval 2 min.</summary>
public sealed class GapTests : IDisposable
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly EngineRig _rig = new() { HasGaps = true };

    public GapTests() => _rig.Start(EngineRig.Define("a"));

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Gap_LongerThanTheTimeout_ClientIsStillEnabledAndServed()
    {
        Run(_minute);
        _rig.Settle();

        _rig.Clock.Advance(20 * _minute);

        // The request comes before the timer.
        Assert.NotNull(_rig.Serve("a").Received);
        Assert.True(_rig["a"].Enabled);
        Assert.True(_rig.Log.Has(LogLevel.Warning, "The server did not run for 1"));
    }

    [Fact]
    public void Gap_ClientAnswersAfterIt_HasItsFullTimeoutAgain()
    {
        Run(_minute);
        _rig.Settle();
        _rig.Pass(20 * _minute);
        _rig.Settle();

        Assert.Equal((true, TestClock.Epoch + (26 * _minute)), (_rig["a"].Enabled, _rig["a"].Expires));
    }

    [Fact]
    public void Gap_ClientIsGone_IsDisabledAfterTwoIntervals()
    {
        Run(_minute);
        _rig.Settle();
        Run(_second); // it is saved
        _rig.Checker.Plan("a", CheckMode.Hangs);

        _rig.Pass(20 * _minute);

        Assert.Equal((true, TestClock.Epoch + (25 * _minute) + _second), (_rig["a"].Enabled, _rig["a"].Expires));
        Run((4 * _minute) - _second);
        Assert.True(_rig["a"].Enabled);
        Run(_second);
        Assert.False(_rig["a"].Enabled);
    }

    /// <summary>However often the server is stopped, a client that is gone is enabled no longer than it runs.</summary>
    [Fact]
    public void Gaps_Many_ClientThatIsGoneIsDisabledAllTheSame()
    {
        Run(_minute);
        _rig.Checker.Plan("a", CheckMode.Hangs);
        int running = 0;
        while (_rig["a"].Enabled && running < 3600)
        {
            _rig.Pass(30 * _second);
            Run(5 * _second);
            running += 5;
        }

        // The timeout and two intervals.
        Assert.InRange(running, 0, (5 + (2 * 2)) * 60);
    }

    [Fact]
    public void Gap_OverTheExpiryAlone_IsNoticed()
    {
        Run(_minute);
        _rig.Settle();
        _rig.Checker.Plan("a", CheckMode.Hangs); // the check at three minutes
        Run((4 * _minute) + (54 * _second));
        FakeCheck check = _rig.RunningCheckOf("a");
        Assert.Equal(TestClock.Epoch + (6 * _minute), _rig["a"].Expires);

        // Nothing but the expiry is due meanwhile, and that just before the end.
        _rig.Pass(8 * _second);
        Assert.True(_rig["a"].Enabled);

        check.End(FakeChecker.Success);
        _rig.Settle();
        Assert.True(_rig["a"].Expires > TestClock.Epoch + (10 * _minute));
    }

    [Fact]
    public void Late_ByLittle_IsNoGap()
    {
        Run(_minute);
        _rig.Settle();
        _rig.Checker.Plan("a", CheckMode.Hangs);
        Run((4 * _minute) + (58 * _second));

        Run(_second);
        _rig.Pass(1.5 * _second);

        Assert.False(_rig["a"].Enabled);
        Assert.False(_rig.Log.Has(LogLevel.Warning, "did not run"));
    }

    [Fact]
    public void Idle_ForLong_IsNoGapAndWakesNobody()
    {
        _rig.Change("a", ClientChange.Of(ClientSetting.Interval, TimeSpan.FromHours(1)).With(ClientSetting.Timeout, TimeSpan.FromHours(30)));
        _rig.Settle();
        Run(2 * _minute); // what was due before
        _rig.Settle();
        Run(2 * _minute); // the limits of its saves

        _rig.Pass(TimeSpan.FromMinutes(55));
        Assert.NotNull(_rig.Serve("a").Received);

        Assert.DoesNotContain(_rig.Log.Lines, static line => line.Text.Contains("did not run", StringComparison.Ordinal));
    }

    /// <summary>Lets time pass in which the server runs.</summary>
    private void Run(TimeSpan time)
    {
        for (; time > TimeSpan.Zero; time -= _second)
        {
            _rig.Pass(_second);
        }
    }
}
