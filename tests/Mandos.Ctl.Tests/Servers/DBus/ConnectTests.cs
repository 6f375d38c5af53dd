using System.Net.Sockets;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.DBus;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Ctl.Tests.Servers.DBus;

/// <summary>An obstacle on the way to the bus is named in one line, and waiting for the bus has an end.</summary>
public sealed class ConnectTests
{
    private const string Begin = "cannot connect to the system bus: ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "the bus's address is empty")]
    [InlineData("unix:path=/nonexistent", "unix:path=/nonexistent: No such file or directory")]
    [InlineData("unix:path=/dev/null", "unix:path=/dev/null: Connection refused")]
    [InlineData("tcp:host=localhost", "tcp:host=localhost: only addresses that begin with \"unix:\" are known")]
    [InlineData("unix:tmpdir=/tmp", "unix:tmpdir=/tmp: it must have one path= or one abstract=")]
    [InlineData("unix:path=/a%2", "unix:path=/a%2: after a % come two hexadecimal digits")]
    [InlineData("unix:path=/a b", "unix:path=/a b: it has a character that must be written as % and two hexadecimal digits")]
    [InlineData("unix:path=", "unix:path=: its path is empty or has a NUL")]
    [InlineData("tcp:;unix:path=/nonexistent", "tcp:: only addresses that begin with \"unix:\" are known; unix:path=/nonexistent: No such file or directory")]
    public async Task Connect_AddressOfNoBus_SaysWhy(string address, string reason)
    {
        var error = await Assert.ThrowsAsync<ServerException>(() => BusServerConnection.ConnectAsync(address, null, Token));
        Assert.Equal(Begin + reason, error.Message);
    }

    [Fact]
    public async Task Connect_FirstAddressesUnusable_TakesTheNext()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(
            $"tcp:host=localhost;unix:path=/nonexistent;{bus.Address},guid=00", null, Token);
        Assert.False(await server.IsServerThereAsync(Token));
    }

    [Fact]
    public async Task Connect_BusHasNoPlace_SaysSo()
    {
        await using var bus = new DBusDaemon(DBusDaemon.OpenRules + "<limit name=\"max_completed_connections\">1</limit>");
        await bus.RestartAsync();
        await using BusServerConnection first = await BusServerConnection.ConnectAsync(bus.Address, null, Token);

        var error = await Assert.ThrowsAsync<ServerException>(() => BusServerConnection.ConnectAsync(bus.Address, null, Token));

        Assert.Equal(Begin + "the bus refuses us, it has too many connections", error.Message);
    }

    [Fact]
    public async Task Connect_BusIsSilent_GivesUpInTime()
    {
        using var directory = new TemporaryDirectory();
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(directory.PathOf("socket")));
        silent.Listen();
        var time = new FakeTimeProvider();

        Task connecting = BusServerConnection.ConnectAsync($"unix:path={directory.PathOf("socket")}", null, Token, time);
        using Socket accepted = await silent.AcceptAsync(Token);
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<ServerException>(() => connecting);
        Assert.Equal(Begin + "the bus did not answer within 10 seconds", error.Message);
        await ClosedAsync(accepted);
    }

    [Fact]
    public async Task Connect_CancelledWhileTheBusIsSilent_Ends()
    {
        using var directory = new TemporaryDirectory();
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(directory.PathOf("socket")));
        silent.Listen();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        Task connecting = BusServerConnection.ConnectAsync($"unix:path={directory.PathOf("socket")}", null, cancel.Token);
        using Socket accepted = await silent.AcceptAsync(Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        await ClosedAsync(accepted);
    }

    [Fact]
    public async Task List_ServerIsSilent_GivesUpInTime()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using FakeServer fake = await FakeServer.StartAsync(bus, context =>
        {
            context.DisposesAsynchronously = true;
            asked.SetResult();
        });
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token, time);

        Task listing = server.ListAsync(Token);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(25));

        var error = await Assert.ThrowsAsync<ServerException>(() => listing);
        Assert.Equal("the Mandos server does not answer", error.Message);
    }

    [Fact]
    public async Task List_BusGoesAway_SaysSo()
    {
        await using DBusDaemon bus = await DBusDaemon.StartAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using FakeServer fake = await FakeServer.StartAsync(bus, context =>
        {
            context.DisposesAsynchronously = true;
            asked.SetResult();
        });
        await using BusServerConnection server = await BusServerConnection.ConnectAsync(bus.Address, null, Token);

        Task listing = server.ListAsync(Token);
        await asked.Task;
        await bus.KillAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => listing);
        Assert.Equal("the connection to the system bus is lost", error.Message);
        await server.DisconnectedAsync();
        error = await Assert.ThrowsAsync<ServerException>(() => server.ListAsync(Token));
        Assert.Equal("the connection to the system bus is lost", error.Message);
    }

    /// <summary>Waits until the other side has closed a connection.</summary>
    private static async Task ClosedAsync(Socket socket)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, Token) > 0)
            {
                // what was written before
            }
        }
        catch (SocketException)
        {
            // reset
        }
    }
}
