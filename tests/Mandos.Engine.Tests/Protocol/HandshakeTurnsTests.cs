using System.Net;
using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;
using Mandos.TestKit;

namespace Mandos.Engine.Tests.Protocol;

/// <summary>One turn at a time, each of which costs what the test says.</summary>
public sealed class HandshakeTurnsTests
{
    private static readonly TimeSpan _cheap = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _dear = TimeSpan.FromMilliseconds(10);

    private readonly TestClock _time = new();
    private readonly HandshakeTurns _turns;
    private readonly List<string> _order = [];

    public HandshakeTurnsTests() => _turns = new HandshakeTurns(new EngineClock(_time), 1);

    [Fact]
    public async Task TakeAsync_ManyOfOneSourceWait_AnotherSourceIsNext()
    {
        using HandshakeTurns.Turn running = Enter("192.0.2.1");
        Take(running);
        Task[] flood = [.. Enumerable.Range(0, 50).Select(_ => TakeAsync("192.0.2.1", _dear, 1))];
        Task client = TakeAsync("192.0.2.9", _cheap, 2);

        running.Dispose();
        await Task.WhenAll([client, .. flood]);

        Assert.Equal(["192.0.2.9"], _order[..1]);
        Assert.Contains("192.0.2.9", _order[1..3]);
        Assert.Equal(0, _turns.Sources);
    }

    [Fact]
    public async Task TakeAsync_OneSourcesTurnsAreDear_TheOtherGetsSoManyMore()
    {
        using HandshakeTurns.Turn running = Enter("192.0.2.77");
        Take(running);
        Task[] all = [.. Enumerable.Range(0, 50).SelectMany(_ => new[] { TakeAsync("192.0.2.1", _dear, 1), TakeAsync("192.0.2.2", _cheap, 1) })];

        running.Dispose();
        await Task.WhenAll(all);

        // 10 of the cheap ones cost as much as a dear one.
        Assert.InRange(_order[..44].Count(static from => from == "192.0.2.1"), 3, 5);
    }

    [Theory]
    [InlineData("2001:db8:1:{0}::1", "2001:db8:2::1")]
    [InlineData("2001:db8:1::{0}", "2001:db8:1:1::1")]
    [InlineData("fe80::{0}%2", "2001:db8::1")]
    [InlineData("fe80::{0}%2", "192.0.2.1")]
    [InlineData("fe80::{0}%2", "fe80::1%3")]
    public async Task TakeAsync_StrangerHasManyAddresses_CountsAsOneNetwork(string flood, string client)
    {
        using HandshakeTurns.Turn running = Enter(string.Format(null, flood, "ffff"));
        Take(running);
        Task[] all =
        [
            .. Enumerable.Range(1, 50).Select(i => TakeAsync(string.Format(null, flood, i), _dear, 1)),
            TakeAsync(client, _cheap, 3),
        ];

        running.Dispose();
        await Task.WhenAll(all);

        Assert.InRange(_order.LastIndexOf(client), 2, 6);
        Assert.Equal(0, _turns.Sources);
    }

    [Fact]
    public async Task TakeAsync_SourcesComeAndGo_NewOneStartsLevelWithTheOthers()
    {
        using HandshakeTurns.Turn running = Enter("192.0.2.77");
        Take(running);
        Task[] before = [.. Enumerable.Range(0, 10).Select(_ => TakeAsync("192.0.2.1", _dear, 1))];
        running.Give();
        await Task.WhenAll(before);
        await Task.Yield(); // off the thread that gives the turns
        Take(running);
        _order.Clear();
        Task[] all =
        [
            .. Enumerable.Range(0, 30).Select(_ => TakeAsync("192.0.2.1", _cheap, 1)),
            .. Enumerable.Range(0, 30).Select(_ => TakeAsync("192.0.2.2", _cheap, 1)),
        ];

        running.Give();
        await Task.WhenAll(all);

        // Of what .1 has had before, only its last dear turn still counts, and .2 has not saved up anything.
        Assert.InRange(_order[..30].Count(static from => from == "192.0.2.1"), 8, 12);
    }

    [Theory]
    [InlineData("192.0.2.{0}", "192.0.2.99")]
    [InlineData("fe80::{0}%2", "fe80::99%2")]
    [InlineData("2001:db8:{0}::1", "2001:db8:99::1")]
    public async Task TakeAsync_StrangersAlwaysComeAnew_CountAsTheSameSources(string stranger, string client)
    {
        const int Strangers = 4;
        using HandshakeTurns.Turn running = Enter("198.51.100.1");
        Take(running);
        using var stop = new CancellationTokenSource();
        Task[] flood = [.. Enumerable.Range(1, Strangers).Select(i => ComeAnewAsync(string.Format(null, stranger, i)))];
        Task served = TakeAsync(client, _dear, 6);

        running.Give();
        await served;
        await stop.CancelAsync();
        await Task.WhenAll(flood);

        // Each of them gets about as much as the client, though it comes with a new connection for each turn.
        Assert.InRange(_order.LastIndexOf(client), 0, 6 * (Strangers + 2));

        async Task ComeAnewAsync(string from)
        {
            for (int i = 0; i < 500 && !stop.IsCancellationRequested; i++)
            {
                await TakeAsync(from, _dear, 1).ConfigureAwait(false);
            }
        }
    }

    [Fact]
    public void Dispose_ManySourcesCameAndWent_FewAreRemembered()
    {
        using HandshakeTurns.Turn running = Enter("198.51.100.1");
        for (uint i = 1; i < 3 * HandshakeTurns.MostGone; i++)
        {
            using HandshakeTurns.Turn turn = _turns.Enter(PeerSource.PathOf(new IPAddress(i)), static () => { });
            Take(turn);
            _time.Advance(_cheap);
        }

        Assert.InRange(_turns.Sources, 1, HandshakeTurns.MostGone + 1);
        running.Dispose();
        Assert.Equal(0, _turns.Sources);
    }

    [Fact]
    public async Task TakeAsync_GivenUp_LeavesTheQueue()
    {
        using HandshakeTurns.Turn running = Enter("192.0.2.1");
        using HandshakeTurns.Turn waiting = Enter("2001:db8::1");
        using var giveUp = new CancellationTokenSource();
        Take(running);
        Task wait = waiting.TakeAsync(giveUp.Token).AsTask();
        Assert.Equal(1, _turns.Waiting);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.Equal(0, _turns.Waiting);
        running.Give();
        Take(waiting);
    }

    [Fact]
    public async Task TakeAsync_WaitsTooLong_IsOverdueOnceAndOthersAreNot()
    {
        using HandshakeTurns.Turn running = Enter("192.0.2.1");
        Take(running);
        var overdue = new List<string>();
        using HandshakeTurns.Turn old = Enter("192.0.2.1", () => overdue.Add("old"));
        Task oldTurn = PlayAsync(old, "old", _cheap, 1);
        _time.Advance(ProtocolLimits.AnswerTime / 2);
        using HandshakeTurns.Turn young = Enter("192.0.2.1", () => overdue.Add("young"));
        Task youngTurn = PlayAsync(young, "young", _cheap, 1);
        _time.Advance(ProtocolLimits.AnswerTime / 2);

        running.Give();
        await Task.WhenAll(oldTurn, youngTurn);

        Assert.Equal(["old"], overdue);
    }

    [Fact]
    public async Task Give_TurnIsKeptBeyondTheCall_NobodyElseGetsItMeanwhile()
    {
        using HandshakeTurns.Turn running = Enter("192.0.2.1");
        using HandshakeTurns.Turn slow = Enter("192.0.2.2");
        using HandshakeTurns.Turn other = Enter("192.0.2.3");
        Take(running);
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task slowTurn = Task.Run(async () =>
        {
            await slow.TakeAsync(CancellationToken.None);
            taken.SetResult();
            await goOn.Task;
            slow.Give();
        }, TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => _turns.Waiting == 1);

        running.Give();
        await taken.Task;
        Task otherTurn = other.TakeAsync(CancellationToken.None).AsTask();
        Assert.Equal(1, _turns.Waiting);
        goOn.SetResult();
        await slowTurn;
        await otherTurn;
        await Task.Yield(); // off the thread that gives the turns

        other.Give();
        Take(running);
    }

    [Fact]
    public async Task TakeAsync_ManyThreads_NeverMoreAtOnceThanAllowedAndNoneIsLost()
    {
        const int AtOnce = 2;
        var turns = new HandshakeTurns(new EngineClock(TimeProvider.System), AtOnce);
        int now = 0;
        int most = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            var random = new Random(i);
            for (int handshake = 0; handshake < 50; handshake++)
            {
                using HandshakeTurns.Turn turn = turns.Enter(PeerSource.PathOf(IPAddress.Parse("2001:db8::" + (i % 5))), static () => { });
                using var giveUp = new CancellationTokenSource();
                for (int step = 0; step < 3; step++)
                {
                    Task cancelling = random.Next(8) == 0 ? Task.Run(giveUp.Cancel) : Task.CompletedTask;
                    try
                    {
                        await turn.TakeAsync(giveUp.Token);
                    }
                    catch (OperationCanceledException)
                    {
                        break;
                    }

                    int running = Interlocked.Increment(ref now);
                    InterlockedMax(ref most, running);
                    Thread.SpinWait(random.Next(500));
                    Interlocked.Decrement(ref now);
                    turn.Give();
                    if (random.Next(3) == 0)
                    {
                        await Task.Yield();
                    }

                    await cancelling;
                }
            }
        }, TestContext.Current.CancellationToken)));
        await Task.Yield(); // the last handshake may have ended within the thread that gives the turns, which holds one as long

        Assert.InRange(most, 1, AtOnce);
        Assert.Equal(0, turns.Waiting);
        Assert.Equal(0, turns.Sources);
        using HandshakeTurns.Turn first = turns.Enter([default], static () => { });
        using HandshakeTurns.Turn second = turns.Enter([default], static () => { });
        Take(first);
        Take(second);
    }

    [Fact]
    public async Task TakeAsync_ManyTurnsAtOnceAndManySources_NobodyWaitsForEver()
    {
        const int AtOnce = 8;
        const int Threads = 32;
        const int Sources = 6;
        var turns = new HandshakeTurns(new EngineClock(new YieldingClock()), AtOnce);
        using var finish = new CancellationTokenSource();

        // Threads of their own, more than processors: each is often interrupted between any two steps.
        Task all = Task.WhenAll(Enumerable.Range(1, Threads).Select(i => Task.Factory.StartNew(
            () =>
            {
                for (int handshake = 0; handshake < 20; handshake++)
                {
                    using HandshakeTurns.Turn turn = turns.Enter(PeerSource.PathOf(new IPAddress(i % Sources)), static () => { });
                    for (int step = 0; step < 2; step++)
                    {
                        turn.TakeAsync(finish.Token).AsTask().GetAwaiter().GetResult();
                        turn.Give();
                    }
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        try
        {
            await all.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        }
        finally
        {
            await finish.CancelAsync(); // who waits for ever would keep the process alive
        }

        await Patience.UntilAsync("all turns free", () => turns.Waiting == 0 && turns.Sources == 0);
    }

    /// <summary>Takes a turn that is free, or is being given back just now.</summary>
    private static void Take(HandshakeTurns.Turn turn)
        => Assert.True(SpinWait.SpinUntil(turn.TryTake, TimeSpan.FromSeconds(30)));

    private static void InterlockedMax(ref int most, int value)
    {
        for (int seen = most; value > seen; seen = most)
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    private HandshakeTurns.Turn Enter(string address, Action? overdue = null)
        => _turns.Enter(PeerSource.PathOf(IPAddress.Parse(address)), overdue ?? (static () => { }));

    /// <summary>Takes some turns, each as soon as it can.</summary>
    private async Task TakeAsync(string address, TimeSpan cost, int count)
    {
        using HandshakeTurns.Turn turn = Enter(address);
        await PlayAsync(turn, address, cost, count);
    }

    private async Task PlayAsync(HandshakeTurns.Turn turn, string name, TimeSpan cost, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await turn.TakeAsync(TestContext.Current.CancellationToken).ConfigureAwait(false);
            _order.Add(name);
            _time.Advance(cost);
            turn.Give();
        }
    }

    /// <summary>A clock that lets others run before it tells the time, so that they get in between any two steps.</summary>
    private sealed class YieldingClock : TimeProvider
    {
        private int _calls;

        public override long GetTimestamp()
        {
            if (Interlocked.Increment(ref _calls) % 8 == 0)
            {
                Thread.Sleep(0); // on a busy machine each costs milliseconds
            }

            return base.GetTimestamp();
        }
    }
}
