using DBusControl.Tests.Support;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;
using Mandos.DBusControl.Limits;
using Moq;

namespace DBusControl.Tests;

/// <summary>What waits while a command is under way, and what does not.</summary>
public sealed class CallOrderTests
{
    [Fact]
    public async Task Read_AfterACommandOfTheSameSender_Waits()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        var command = await StartAsync(rig);

        Task<string>[] calls =
        [
            rig.Caller.CallAsync(Rig.Foo, Caller.Client, "CheckedOK", Array.Empty<string>()),
            rig.Caller.GetAsync(Rig.Foo, "LastCheckerStatus"),
            rig.Caller.GetAsync(Rig.Foo, "NoSuch"),
            rig.Caller.SetAsync(Rig.Foo, "Host", VariantValue.String("new")),
            rig.Caller.GetAsync(Rig.Foo, "Host"),
        ];
        await using var other = await Caller.ConnectAsync(rig.Bus.Address);
        Assert.Equal("7", await other.GetAsync(Rig.Foo, "LastCheckerStatus"));
        Assert.DoesNotContain(calls, call => call.IsCompleted);
        rig.Server.Update("foo", client => client with { LastCheckerStatus = 5 });
        command.SetResult(CommandResult.Durable);

        await Assert.ThrowsAsync<DBusErrorReplyException>(() => calls[2]);
        await Task.WhenAll(calls.Except([calls[2]]));
        Assert.Equal("5", await calls[1]);
        Assert.Equal("\"new\"", await calls[4]);
        Assert.Equal(
            ["reply to CheckedOK", "reply to Get", "reply to Set", "reply to Get"],
            rig.Caller.TakeHeard().Where(text => text.StartsWith("reply", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Command_Ended_SignalsOfWhatHappenedMeanwhileComeFirst()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        var command = await StartAsync(rig);

        var call = rig.Caller.CallAsync(Rig.Foo, Caller.Client, "CheckedOK", Array.Empty<string>());
        await using var other = await Caller.ConnectAsync(rig.Bus.Address);
        await other.GetAsync(Rig.Foo, "Name");
        rig.Server.Update("foo", client => client with { LastCheckerStatus = 5 });
        command.SetResult(CommandResult.Durable);
        await call;

        Assert.Equal("reply to CheckedOK", rig.Caller.TakeHeard()[^1]);
    }

    [Fact]
    public async Task Command_WhileEventsAreLost_SignalsComeBeforeTheReply()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        var asked = new TaskCompletionSource();
        var again = new TaskCompletionSource<ServerSubscription>();
        var changed = new TaskCompletionSource();
        var server = new Mock<IMandosServer>();
        server.SetupGet(s => s.Info).Returns(rig.Server.Info);
        server.SetupSequence(s => s.SubscribeAsync(It.IsAny<CancellationToken>()))
            .Returns(() => rig.Server.SubscribeAsync(TestContext.Current.CancellationToken))
            .Returns(() =>
            {
                asked.SetResult();
                return new ValueTask<ServerSubscription>(again.Task);
            });
        server.Setup(s => s.ChangeAsync(It.IsAny<ClientReference>(), It.IsAny<ClientChange>(), It.IsAny<CommandSource>(), It.IsAny<CancellationToken>()))
            .Returns<ClientReference, ClientChange, CommandSource, CancellationToken>((client, change, source, token) =>
            {
                changed.SetResult();
                return rig.Server.ChangeAsync(client, change, source, token);
            });
        await rig.StartAllAsync(server.Object);

        rig.Server.Overflow();
        await asked.Task;
        var set = rig.Caller.SetAsync(Rig.Foo, "Host", VariantValue.String("new"));
        await changed.Task;
        await using var other = await Caller.ConnectAsync(rig.Bus.Address);
        await other.GetAsync(Rig.Foo, "Name"); // by now the command would have been answered
        again.SetResult(await rig.Server.SubscribeAsync(TestContext.Current.CancellationToken));
        await set;

        var heard = rig.Caller.TakeHeard();
        Assert.Equal("/clients/foo Client.PropertyChanged(\"Host\", \"new\")", heard[0]);
        Assert.Equal("reply to Set", heard[^1]);
    }

    [Fact]
    public async Task Call_TooManyWaiting_IsRefused()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"), rules: DBusDaemon.OpenRules + """
            <limit name="max_replies_per_connection">10000</limit>
            """);
        var command = await StartAsync(rig);
        var first = rig.Caller.CallAsync(Rig.Foo, Caller.Client, "CheckedOK", Array.Empty<string>());
        Task<string>[] waiting = [.. Enumerable.Range(0, DBusLimits.WaitingCalls).Select(_ => rig.Caller.GetAsync(Rig.Foo, "Name"))];

        var (name, _) = await Caller.ErrorAsync(rig.Caller.GetAsync(Rig.Foo, "Name"));

        Assert.Equal("LimitsExceeded", name);
        command.SetResult(CommandResult.Durable);
        await first;
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal("\"foo\"", answer));
    }

    [Fact]
    public async Task Command_BehindALargeAnswerForACallerThatIsGone_IsCarriedOut()
    {
        await using var rig = Rig.Create(clients: Rig.Client("foo"));
        var kept = new TaskCompletionSource<IReadOnlyList<KeptClient>>();
        var disabled = new TaskCompletionSource();
        var server = new Mock<IMandosServer>();
        server.SetupGet(s => s.Info).Returns(rig.Server.Info);
        server.Setup(s => s.SubscribeAsync(It.IsAny<CancellationToken>())).Returns(rig.Server.SubscribeAsync);
        server.Setup(s => s.GetKeptClientsAsync(It.IsAny<CancellationToken>())).Returns(new ValueTask<IReadOnlyList<KeptClient>>(kept.Task));
        server.Setup(s => s.DisableAsync(It.IsAny<ClientReference>(), It.IsAny<CommandSource>(), It.IsAny<CancellationToken>())).Returns(() =>
        {
            disabled.SetResult();
            return Task.FromResult(CommandResult.Durable);
        });
        await rig.StartAllAsync(server.Object);
        Caller gone = await Caller.ConnectAsync(rig.Bus.Address);
        string name = gone.Connection.UniqueName!;
        Task[] calls =
        [
            gone.CallAsync("/", Caller.Extension, "GetKeptClients", Array.Empty<string>()),
            gone.CallAsync("/", Caller.Server, "GetAllClients", Array.Empty<string>()),
            gone.CallAsync(Rig.Foo, Caller.Client, "Disable", Array.Empty<string>()),
            gone.CallAsync("/", Caller.Server, "GetAllClients", Array.Empty<string>()),
        ];
        await gone.Connection.GetNameOwnerAsync(Caller.Service, TestContext.Current.CancellationToken);
        await gone.DisposeAsync();
        await Assert.ThrowsAnyAsync<DBusExceptionBase>(() => Task.WhenAll(calls));
        while (await rig.Caller.Connection.GetNameOwnerAsync(name, TestContext.Current.CancellationToken) is not null)
        {
        }

        await rig.Caller.GetAsync(Rig.Foo, "Name");
        kept.SetResult([]);

        await disabled.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal("\"foo\"", await rig.Caller.GetAsync(Rig.Foo, "Name"));
    }

    [Fact]
    public async Task Call_RemovedByTheOneBefore_FindsNothing()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var remove = rig.Caller.CallAsync("/", Caller.Server, "RemoveClient", VariantValue.ObjectPath(Rig.Foo));
        var get = rig.Caller.GetAsync(Rig.Foo, "Name");

        await remove;
        Assert.Equal("UnknownObject", (await Caller.ErrorAsync(get)).Name);
    }

    /// <summary>Starts all with a server whose CheckedOK ends when the test says.</summary>
    private static async Task<TaskCompletionSource<CommandResult>> StartAsync(Rig rig)
    {
        var command = new TaskCompletionSource<CommandResult>();
        var server = new Mock<IMandosServer>();
        server.SetupGet(s => s.Info).Returns(rig.Server.Info);
        server.Setup(s => s.SubscribeAsync(It.IsAny<CancellationToken>())).Returns(rig.Server.SubscribeAsync);
        server.Setup(s => s.ChangeAsync(It.IsAny<ClientReference>(), It.IsAny<ClientChange>(), It.IsAny<CommandSource>(), It.IsAny<CancellationToken>()))
            .Returns(rig.Server.ChangeAsync);
        server.Setup(s => s.MarkCheckedOkAsync(It.IsAny<ClientReference>(), It.IsAny<CommandSource>(), It.IsAny<CancellationToken>())).Returns(command.Task);
        await rig.StartAllAsync(server.Object);
        return command;
    }
}
