using Mandos.Ctl.Commands;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.DBus;
using Mandos.TestKit.Daemons;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Tests.Servers.DBus;

/// <summary>The owner of the server's name need not be a Mandos server.</summary>
public sealed class HostileServerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_PagesThatGoRoundInACircle_AreRefused()
    {
        ServerException error = await FailAsync(context => FakeServer.AnswerPage(context, last: 1, ("/clients/a", "Name", "a")));
        Assert.Contains("does not end", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ReplyOfAnotherType_IsRefused()
    {
        ServerException error = await FailAsync(context =>
        {
            MessageWriter writer = context.CreateReplyWriter("s");
            writer.WriteString("a client");
            context.Reply(writer.CreateMessage());
        });
        Assert.Contains("its type is \"s\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_PropertyOfAnotherType_IsRefused()
    {
        ServerException error = await FailAsync(context => FakeServer.AnswerPage(context, last: 1, ("/clients/a", "Enabled", "yes")));
        Assert.Contains("not one of a Mandos server", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_ErrorThatWouldChangeTheTerminal_IsOneHarmlessLine()
    {
        ServerException error = await FailAsync(context => context.ReplyError("test.Error", "no\x1b[2J\r\nway\x9b"));
        Assert.Equal("the server says: no\ufffd[2J way\ufffd", error.Message);
    }

    [Fact]
    public async Task Select_NameThatTwoClientsHave_IsTheFirstOne()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        using FakeServer fake = await FakeServer.StartAsync(bus, context =>
        {
            bool isFirst = context.Request.GetBodyReader().ReadUInt64() == 0;
            FakeServer.AnswerPage(
                context, 2, isFirst ? [("/clients/a", "Name", "a client"), ("/clients/b", "Name", "a client")] : []);
        });
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token);

        IReadOnlyList<Client> clients = await CtlCommand.SelectAsync(server, CtlArguments.Parse(["a client"]), Token);

        Assert.Equal("/clients/a", Assert.Single(clients).Path);
    }

    private static async Task<ServerException> FailAsync(Action<MethodContext> answer)
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        using FakeServer fake = await FakeServer.StartAsync(bus, answer);
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token);
        return await Assert.ThrowsAsync<ServerException>(() => server.ListAsync(Token));
    }
}
