using DBusControl.Tests.Support;
using Mandos.Bus;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace DBusControl.Tests;

/// <summary>
/// dbus-daemon keeps what a program does not read, and once that is too much, it reads nothing more from the sender. So one program
/// that does not read could cut the server off from all others.
/// </summary>
public sealed class StallTests : IDisposable
{
    private const int Stalled = 4106;
    private const int Named = 4107;

    /// <summary>What the bus keeps of one sender: less than by default, 127 MiB, so that it takes less time.</summary>
    private const string Limit = DBusDaemon.OpenRules + """
        <limit name="max_incoming_bytes">8388608</limit>
        """;

    private readonly ManualResetEventSlim _reads = new();

    public void Dispose()
    {
        _reads.Set();
        _reads.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_ListenerDoesNotRead_OthersAreServedAgain()
    {
        await using var rig = Rig.Create(rules: Limit, clients: Rig.Client("foo"));
        await rig.StartAllAsync(rig.Server);
        await using var stopped = await ConnectAsync(rig);
        using var match = await stopped.AddMatchAsync(
            new MatchRule { Type = MessageType.Signal, Interface = Caller.Client }, _ => _reads.Wait(), Token);

        try
        {
            for (int round = 0; round < 2; round++)
            {
                var stalled = rig.Context.NextAsync(Stalled);
                var named = rig.Context.NextAsync(Named);
                await FillAsync(rig, new string('x', 64 << 10));
                await stalled.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token);
                await AnsweredAsync(rig);
                Assert.Contains(
                    $"{stopped.UniqueName}, process {Environment.ProcessId} (",
                    await named.WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System, Token),
                    StringComparison.Ordinal);
            }
        }
        finally
        {
            _reads.Set();
        }
    }

    [Fact]
    public async Task Run_CallerDoesNotReadItsAnswers_OthersAreServedMeanwhile()
    {
        await using var rig = Rig.Create(
            rules: Limit, clients: [Rig.Client("foo"), .. Enumerable.Range(0, 1000).Select(number => Rig.Client($"c{number}"))]);
        await rig.StartAllAsync(rig.Server);
        await using var greedy = await ConnectAsync(rig);
        Task[] answers;
        try
        {
            answers = [.. Enumerable.Range(0, 40).Select(_ => AskForAllAsync(greedy))];
            for (int i = 0; i < 10; i++)
            {
                Assert.Contains("/clients/c999", await rig.Caller.CallAsync("/", Caller.ObjectManager, "GetManagedObjects", Array.Empty<string>()), StringComparison.Ordinal);
                Assert.Equal("\"foo\"", await rig.Caller.GetAsync(Rig.Foo, "Name"));
                await rig.Caller.SetAsync(Rig.Foo, "Host", VariantValue.String($"{i}"));
            }

            Assert.DoesNotContain(answers, static answer => answer.IsCompleted);
        }
        finally
        {
            _reads.Set();
        }

        await Task.WhenAll(answers);
        Assert.DoesNotContain(rig.Context.Logged, static line => line.Id == Stalled);
    }

    // This bus keeps more than one does by default, and so never ceases to read.
    [Fact]
    public async Task Run_ListenerDoesNotRead_BusIsLeftBeforeItTakesNothingMore()
    {
        await using var rig = Rig.Create(
            rules: DBusDaemon.OpenRules + """<limit name="max_incoming_bytes">1000000000</limit>""", clients: Rig.Client("foo"));
        await rig.StartAllAsync(rig.Server);
        await using var stopped = await ConnectAsync(rig);
        using var match = await stopped.AddMatchAsync(
            new MatchRule { Type = MessageType.Signal, Interface = Caller.Client }, _ => _reads.Wait(), Token);

        try
        {
            var stalled = rig.Context.NextAsync(Stalled);
            while (!stalled.IsCompleted)
            {
                // One that is under way when the bus is left fails.
                Task<string> set = rig.Caller.SetAsync(Rig.Foo, "Host", VariantValue.String(new string((char)('a' + Random.Shared.Next(26)), 100 << 10)));
                await Task.WhenAny(set);
            }

            await AnsweredAsync(rig);
        }
        finally
        {
            _reads.Set();
        }
    }

    private Task<bool> AskForAllAsync(BusConnection greedy) => greedy.CallAsync(
        Caller.Service, "/", Caller.ObjectManager, "GetManagedObjects", null, null, reply =>
        {
            _reads.Wait();
            return true;
        });

    private static async Task<BusConnection> ConnectAsync(Rig rig)
    {
        var connection = new BusConnection(new BusOptions(rig.Bus.Address) { CallTimeout = TimeSpan.FromMinutes(5) });
        await connection.ConnectAsync(Token);
        return connection;
    }

    /// <summary>Has signals sent, more than the bus keeps.</summary>
    private static async Task FillAsync(Rig rig, string filler)
    {
        for (int i = 0; i < 200; i++)
        {
            rig.Server.Update("foo", client => client with { Settings = client.Settings with { Host = $"{i} {filler}" } });
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
    }

    /// <summary>Waits until a call is answered: one that is under way when the server leaves the bus never is.</summary>
    private static async Task AnsweredAsync(Rig rig)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                Assert.Equal("\"foo\"", await rig.Caller.GetAsync(Rig.Foo, "Name"));
                return;
            }
            catch (DBusErrorReplyException e)
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(20), e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            }
        }
    }
}
