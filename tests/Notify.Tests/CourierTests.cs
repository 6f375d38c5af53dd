using Mandos.Abstractions.Control;
using Mandos.Notify.Delivery;
using Mandos.Notify.Messages;
using Mandos.PluginContracts;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;
using Notify.Tests.Support;

namespace Notify.Tests;

/// <summary>How one target is told: in order, at a bounded pace, with attempts that end.</summary>
public sealed class CourierTests : IDisposable
{
    private static readonly TimeSpan _step = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly ContractContext _context = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly NoticeMaker _maker;
    private ScriptedSender _sender = new((_, _) => Task.CompletedTask);

    public CourierTests() => _maker = new NoticeMaker("server", null, new RequestLinks(), _time);

    public void Dispose()
    {
        _stop.Dispose();
        _abort.Dispose();
        _context.Dispose();
    }

    [Fact]
    public async Task Run_SomeMessages_AreToldOneByOneInOrder()
    {
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        for (int id = 1; id <= DeliveryLimits.Burst; id++)
        {
            courier.Queue.Add(Notice(id));
            await Patience.UntilAsync("it is told", () => _sender.Attempts.Count == id);
        }

        Assert.Equal(Enumerable.Range(1, DeliveryLimits.Burst), _sender.Attempts.Select(IdOf));
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_TenThousandAtOnce_AreToldInAFewMessages()
    {
        Courier courier = Make();
        for (int id = 1; id <= 10_000; id++)
        {
            courier.Queue.Add(Notice(id));
        }

        Assert.Equal(DeliveryLimits.Waiting + 1, courier.Queue.Count);
        Task running = courier.RunAsync(_stop.Token, _abort.Token);

        await Patience.UntilAsync("all is told", () => _sender.Attempts.Sum(message => message.Count) == 10_000);

        Assert.Equal(DeliveryLimits.Burst, _sender.Attempts.Count);
        Assert.Equal(Enumerable.Range(1, DeliveryLimits.Burst - 1), _sender.Attempts.SkipLast(1).Select(IdOf));
        Message summary = _sender.Attempts[^1];
        Assert.Equal((Message.SummaryType, "9991 events"), (summary.Type, summary.Title));
        Assert.Contains("9991 secrets given", summary.Text, StringComparison.Ordinal);
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_MoreAfterTheBurst_ComesInASummaryWhenItsTimeHasCome()
    {
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        for (int id = 1; id <= DeliveryLimits.Burst; id++)
        {
            courier.Queue.Add(Notice(id));
            await Patience.UntilAsync("it is told", () => _sender.Attempts.Count == id);
        }

        courier.Queue.Add(Notice(11));
        courier.Queue.Add(Notice(12));
        Assert.Equal(DeliveryLimits.Burst, _sender.Attempts.Count);

        // The time for one, wherever the courier is meanwhile
        _time.Advance(DeliveryLimits.Interval + TimeSpan.FromSeconds(1));
        await Patience.UntilAsync("it is told", () => _sender.Attempts.Count > DeliveryLimits.Burst);

        Assert.Equal((Message.SummaryType, 2), (_sender.Attempts[^1].Type, _sender.Attempts[^1].Count));
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_DeadTarget_IsGivenUpAfterItsAttemptsAndHoldsNoMoreThanItsQueue()
    {
        bool isDead = true;
        _sender = new ScriptedSender((_, _) => Volatile.Read(ref isDead) ? throw new DeliveryException("it is dead") : Task.CompletedTask);
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        courier.Queue.Add(Notice(1));
        await PassTimeUntilAsync(() => _sender.Attempts.Count == DeliveryLimits.Attempts);
        await Patience.UntilAsync("it is given up", () => Logged("Target t was not told “got_secret”, after 10 attempts: it is dead") == 1);
        for (int id = 2; id <= 10_000; id++)
        {
            courier.Queue.Add(Notice(id));
        }

        Assert.InRange(courier.Queue.Count, 1, DeliveryLimits.Waiting + 1);
        await PassTimeUntilAsync(() => _sender.Attempts.Count > DeliveryLimits.Attempts);
        Volatile.Write(ref isDead, false);
        await PassTimeUntilAsync(() => Logged("Target t can be reached again") == 1 && courier.Queue.Count == 0);
        await EndAsync(running);

        Assert.All(_sender.Attempts.Take(DeliveryLimits.Attempts), message => Assert.Equal(1, IdOf(message)));
        Message[] told = [.. _sender.Attempts.GroupBy(message => message.Id).Select(attempts => attempts.Last()).Skip(1)];
        Assert.Equal(9_999, told.Sum(message => message.Count));
        Assert.Equal(1, told[0].Lost);
        Assert.Contains("1 earlier event could not be told here.", told[0].Body(withLinks: false), StringComparison.Ordinal);
        Assert.All(told.Skip(1), message => Assert.Equal(0, message.Lost));

        // Aloud once, however often it was tried
        Assert.Equal(1, Logged("Target t: it is dead; trying again"));
    }

    [Fact]
    public async Task Run_TargetThatHangs_IsGivenUpAtItsLimit()
    {
        _sender = new ScriptedSender((message, token) => _sender.Attempts.Count == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, _time, token) : Task.CompletedTask);
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        courier.Queue.Add(Notice(1));

        await PassTimeUntilAsync(() => _sender.Attempts.Count == 2);

        Assert.Equal(1, Logged("Target t: it has not answered within 30 s; trying again"));
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_SenderWithAnUnexpectedFault_GoesOnAndDoesNotLogItsText()
    {
        _sender = new ScriptedSender((_, _) => _sender.Attempts.Count == 1 ? throw new FormatException("hunter2") : Task.CompletedTask);
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        courier.Queue.Add(Notice(1));

        await PassTimeUntilAsync(() => _sender.Attempts.Count == 2);

        Assert.Equal(1, Logged("Target t: unexpected FormatException; trying again"));
        Assert.DoesNotContain(_context.Logged, line => line.Contains("hunter2", StringComparison.Ordinal));
        await EndAsync(running);
    }

    [Fact]
    public async Task Run_TargetThatWantsToBeLeftAlone_Is()
    {
        _sender = new ScriptedSender((_, _) => _sender.Attempts.Count == 1
            ? throw new DeliveryException("busy") { RetryAfter = TimeSpan.FromMinutes(10) }
            : Task.CompletedTask);
        Courier courier = Make();
        DateTimeOffset start = _time.GetUtcNow();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        courier.Queue.Add(Notice(1));

        await PassTimeUntilAsync(() => _sender.Attempts.Count == 2);

        Assert.True(_time.GetUtcNow() - start >= TimeSpan.FromMinutes(10), "it was not left alone");
        await EndAsync(running);
    }

    [Fact]
    public async Task Stop_MessagesLeft_AreTriedOnceMoreTogether()
    {
        bool isDead = true;
        _sender = new ScriptedSender((_, _) => Volatile.Read(ref isDead) ? throw new DeliveryException("it is dead") : Task.CompletedTask);
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        courier.Queue.Add(Notice(1));
        await Patience.UntilAsync("it is tried", () => Logged("Target t: it is dead; trying again") == 1);
        courier.Queue.Add(Notice(2));
        courier.Queue.Add(Notice(3));
        Volatile.Write(ref isDead, false);

        await EndAsync(running);

        Assert.Equal(3, _sender.Attempts.Count);
        Assert.Equal((1, 1, 2), (IdOf(_sender.Attempts[0]), IdOf(_sender.Attempts[1]), _sender.Attempts[2].Count));
        Assert.Equal(0, courier.Queue.Count);
    }

    [Fact]
    public async Task Abort_SenderThatHangs_EndsIt()
    {
        _sender = new ScriptedSender((_, token) => Task.Delay(Timeout.InfiniteTimeSpan, _time, token));
        Courier courier = Make();
        Task running = courier.RunAsync(_stop.Token, _abort.Token);
        courier.Queue.Add(Notice(1));
        await Patience.UntilAsync("it is tried", () => _sender.Attempts.Count == 1);

        await _stop.CancelAsync();
        Assert.False(running.IsCompleted);
        await _abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void RateLimit_Burst_IsFollowedByOneInEachInterval()
    {
        var rate = new RateLimit(_time);
        for (int i = DeliveryLimits.Burst; i > 0; i--)
        {
            Assert.Equal(i, rate.Free);
            rate.Spend();
        }

        Assert.Equal(0, rate.Free);
        _time.Advance(DeliveryLimits.Interval / 2);
        Assert.Equal(0, rate.Free);
        _time.Advance(DeliveryLimits.Interval / 2);
        Assert.Equal(1, rate.Free);
        _time.Advance(DeliveryLimits.Interval * 1000);
        Assert.Equal(DeliveryLimits.Burst, rate.Free);
    }

    [Fact]
    public void Take_EventAfterThoseThatAreSummedUp_IsSummedUpWithThem()
    {
        var queue = new MessageQueue();
        for (int id = 1; id <= DeliveryLimits.Waiting + 1; id++)
        {
            queue.Add(Notice(id));
        }

        Assert.Equal(1, IdOf(queue.Take(all: false, _maker.Summarize)!));
        queue.Add(Notice(DeliveryLimits.Waiting + 2));

        Assert.Equal(DeliveryLimits.Waiting, queue.Count);
        for (int id = 2; id <= DeliveryLimits.Waiting; id++)
        {
            Assert.Equal(id, IdOf(queue.Take(all: false, _maker.Summarize)!));
        }

        Assert.Equal(2, queue.Take(all: false, _maker.Summarize)!.Count);
    }

    [Fact]
    public void Take_ManyClients_NamesSome()
    {
        var queue = new MessageQueue();
        for (int id = 1; id <= 1000; id++)
        {
            queue.Add(Notice(id, $"client{id}"));
        }

        Message summary = queue.Take(all: true, _maker.Summarize)!;

        Assert.Equal(20, summary.Data["clients"]!.AsArray().Count);
        Assert.InRange(summary.Text.Length, 1, 2000);
        Assert.Contains("client1, client2, ", summary.Text, StringComparison.Ordinal);
        Assert.Contains("client20 and others", summary.Text, StringComparison.Ordinal);
        Assert.Equal(0, queue.Count);
        Assert.Null(queue.Take(all: true, _maker.Summarize));
    }

    [Fact]
    public void Summarize_LongNames_AreCutSoThatTheMessageIsNotTooLongForAnyService()
    {
        var queue = new MessageQueue();
        for (int id = 10; id < 40; id++)
        {
            queue.Add(Notice(id, new string('☃', 1000) + id));
        }

        Message summary = queue.Take(all: true, _maker.Summarize)!;

        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(summary.Body(withLinks: true)), 1000, 4000);
    }

    private Courier Make() => new("t", _sender, _maker.Summarize, _time, _context.Logger);

    private Notice Notice(long id, string? name = null)
        => _maker.Of(new GotSecret(Rig.Client with { Name = name ?? Rig.Client.Name }, Rig.Request(id)))!;

    private static int IdOf(Message message) => (int)(long)message.Data["request"]!["id"]!;

    private int Logged(string line) => _context.Logged.Count(logged => logged == line);

    private Task PassTimeUntilAsync(Func<bool> condition) => Patience.UntilAsync("it happens as time passes", () =>
    {
        if (condition())
        {
            return true;
        }

        _time.Advance(_step);
        return false;
    });

    private async Task EndAsync(Task running)
    {
        await _stop.CancelAsync();
        await running.WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
    }
}
