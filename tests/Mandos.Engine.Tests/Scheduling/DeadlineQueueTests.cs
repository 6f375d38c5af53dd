using CsCheck;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Scheduling;

public sealed class DeadlineQueueTests : IDisposable
{
    private readonly TestClock _time = new();
    private readonly EngineClock _clock;
    private readonly DeadlineQueue _queue;
    private readonly Queue<Action> _posted = new();
    private readonly List<Exception> _errors = [];
    private readonly List<string> _fired = [];

    public DeadlineQueueTests()
    {
        _clock = new EngineClock(_time);
        _queue = new DeadlineQueue(_clock, _posted.Enqueue, _errors.Add);
    }

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Fire_SeveralDue_InOrderOfTimeThenOfScheduling()
    {
        Schedule("b", 2);
        Schedule("a", 1);
        Schedule("c", 2);
        Schedule("later", 9);

        Pass(2);

        Assert.Equal(["a", "b", "c"], _fired);
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void Schedule_Again_MovesTheDeadline()
    {
        Deadline a = Schedule("a", 1);
        _queue.Schedule(a, Seconds(5));

        Pass(4);
        Assert.Empty(_fired);
        Pass(1);

        Assert.Equal(["a"], _fired);
        Assert.Null(a.Due);
    }

    [Fact]
    public void Cancel_Scheduled_DoesNotFire()
    {
        Deadline a = Schedule("a", 1);
        Schedule("b", 2);

        _queue.Cancel(a);
        _queue.Cancel(a);
        Pass(3);

        Assert.Equal(["b"], _fired);
    }

    [Fact]
    public void Cancel_ByADeadlineOfTheSameMoment_DoesNotFire()
    {
        Deadline? second = null;
        _queue.Schedule(new Deadline(_ => _queue.Cancel(second!), this), Seconds(1));
        second = Schedule("second", 1);

        Pass(1);

        Assert.Empty(_fired);
    }

    [Fact]
    public void Schedule_WhileFiring_WakesAgain()
    {
        _queue.Schedule(new Deadline(_ => Schedule("early", 2), this), Seconds(1));
        Schedule("late", 3);

        Pass(1);
        Pass(1);
        Assert.Equal(["early"], _fired);
        Pass(1);

        Assert.Equal(["early", "late"], _fired);
    }

    [Fact]
    public void Schedule_EarlierThanTheTimerIsSetFor_WakesEarlier()
    {
        Schedule("late", 100);
        Schedule("early", 1);

        Pass(1);

        Assert.Equal(["early"], _fired);
    }

    [Fact]
    public void Schedule_BetweenTimerAndItsHandling_IsNotLost()
    {
        Schedule("a", 1);
        _time.Advance(Seconds(1)); // the timer has posted, the loop has not run
        Schedule("b", 2);
        RunPosted();

        Pass(1);

        Assert.Equal(["a", "b"], _fired);
    }

    [Fact]
    public void Schedule_InThePast_FiresAtOnce()
    {
        Pass(5);
        Schedule("a", -1_000_000);
        Pass(0);

        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public void Schedule_BeyondTheLongestTimer_FiresInTime()
    {
        Schedule("a", 100 * 86_400);
        Schedule("never", TimeSpan.MaxValue);

        for (int day = 0; day < 99; day++)
        {
            Pass(86_400);
        }

        Assert.Empty(_fired);
        Pass(86_400);
        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public void Schedule_PartOfAMillisecond_FiresOnceAndNotEarly()
    {
        _queue.Schedule(new Deadline(_ => _fired.Add("a"), this), TimeSpan.FromTicks(15_001));

        _time.Advance(TimeSpan.FromTicks(15_000));
        RunPosted();
        Assert.Empty(_fired);
        _time.Advance(TimeSpan.FromTicks(5_000));
        RunPosted();

        Assert.Equal(["a"], _fired);
    }

    [Fact]
    public void Fire_ActionThrows_OthersGoOn()
    {
        _queue.Schedule(new Deadline(static _ => throw new InvalidOperationException("x"), this), Seconds(1));
        Schedule("b", 1);

        Pass(1);

        Assert.Equal(["b"], _fired);
        Assert.Single(_errors);
    }

    [Fact]
    public void Fire_ActionSchedulesItselfForNow_DoesNotHoldTheLoop()
    {
        int times = 0;
        Deadline? again = null;
        again = new Deadline(_ =>
        {
            times++;
            _queue.Schedule(again!, _clock.Now);
        }, this);
        _queue.Schedule(again, Seconds(1));

        _time.Advance(Seconds(1));
        _posted.Dequeue()();

        Assert.Equal(1, times);
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void Queue_RandomUse_FiresAsASortedListDoes()
    {
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[0, 50]).Array[0, 60].Sample(steps =>
        {
            var time = new TestClock();
            var clock = new EngineClock(time);
            var posted = new Queue<Action>();
            using var queue = new DeadlineQueue(clock, posted.Enqueue, static e => throw e);
            List<int> fired = [];
            List<int> expected = [];
            Deadline[] deadlines = [.. Enumerable.Range(0, 10).Select(i => new Deadline(_ => fired.Add(i), time))];
            var model = new SortedList<(double Due, int Order), int>();
            for (int order = 0; order < steps.Length; order++)
            {
                (int what, int which, int number) = steps[order];
                if (what == 0)
                {
                    double now = clock.Now.TotalSeconds + number;
                    time.Advance(Seconds(number));
                    while (posted.TryDequeue(out Action? action))
                    {
                        action();
                    }

                    while (model.Count > 0 && model.Keys[0].Due <= now)
                    {
                        expected.Add(model.Values[0]);
                        model.RemoveAt(0);
                    }
                }
                else
                {
                    int at = model.IndexOfValue(which);
                    if (at >= 0)
                    {
                        model.RemoveAt(at);
                    }

                    if (what == 1)
                    {
                        queue.Cancel(deadlines[which]);
                    }
                    else
                    {
                        queue.Schedule(deadlines[which], Seconds(clock.Now.TotalSeconds + number + 1));
                        model.Add((clock.Now.TotalSeconds + number + 1, order), which);
                    }
                }

                Assert.Equal(expected, fired);
                Assert.Equal(model.Count, queue.Count);
            }
        }, iter: 500);
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private Deadline Schedule(string name, double atSecond) => Schedule(name, Seconds(atSecond));

    private Deadline Schedule(string name, TimeSpan at)
    {
        var deadline = new Deadline(_ => _fired.Add(name), this);
        _queue.Schedule(deadline, at);
        return deadline;
    }

    private void Pass(double seconds)
    {
        _time.Advance(Seconds(seconds));
        RunPosted();
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out Action? action))
        {
            action();
        }
    }
}
