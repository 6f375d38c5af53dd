using System.Net.Sockets;
using System.Text;
using Mandos.DBus.Tests.Support;
using Mandos.DBus.Transport;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.DBus.Tests;

/// <summary>Buses that misbehave.</summary>
public sealed class FakeServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly FakeTimeProvider _time = new();

    public FakeServerTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_directory.PathOf("bus")));
        _listener.Listen();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Address => $"unix:path={_directory.PathOf("bus")}";

    public void Dispose()
    {
        _listener.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Connect_Authenticating_SendsTheUserAsTheSpecificationSays()
    {
        DBusConnection connection = new(new(Address));
        Task connecting = connection.ConnectAsync(Ct);
        using Socket bus = await _listener.AcceptAsync(Ct);

        string user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Effective.UserId()));
        string auth = $"\0AUTH EXTERNAL {user}\r\n";
        Assert.Equal(auth, await ReceiveAsync(bus, auth.Length));
        bus.Send("OK 0123456789abcdef0123456789abcdef\r\n"u8);
        const string begin = "BEGIN\r\nl\u0001";
        Assert.StartsWith(begin, await ReceiveAsync(bus, begin.Length), StringComparison.Ordinal);

        await connection.DisposeAsync();
        await Assert.ThrowsAsync<DBusConnectException>(() => connecting);
        Assert.Null(await connection.DisconnectedAsync());
    }

    [Fact]
    public void TryConnect_BusyBus_LeavesNothingThatEndsWaiting()
    {
        _listener.Listen(0);
        byte[] address = BusAddress.ParseList(Address)[0].Socket!;
        List<BusSocket> sockets = [];
        int error;
        do
        {
            sockets.Add(new());
            error = sockets[^1].TryConnect(address);
        }
        while (error == 0);

        Assert.Equal(Native.EAGAIN, error);
        // A socket that counted as hung up would have the connection try again at once, for as long as the bus is busy.
        Assert.Equal(0, sockets[^1].Wait(0, 0));
        sockets.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("REJECTED ANONYMOUS\r\n", "refused us as user")]
    [InlineData("ERROR what\r\n", "ERROR what")]
    [InlineData("\u0007garbage\u001b[2J\r\n", "\"garbage[2J\"")]
    [InlineData("", "closed the connection")]
    [InlineData("OK x\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx", "byte order")]
    public async Task Connect_Refused_SaysWhyInOneLine(string answer, string reason)
    {
        await using DBusConnection connection = new(new(Address));
        Task connecting = connection.ConnectAsync(Ct);
        using Socket bus = await _listener.AcceptAsync(Ct);
        await ReceiveAsync(bus);

        bus.Send(Encoding.ASCII.GetBytes(answer));
        bus.Shutdown(SocketShutdown.Send);

        var error = await Assert.ThrowsAsync<DBusConnectException>(() => connecting);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Same(error, await connection.DisconnectedAsync());
    }

    [Fact]
    public async Task Connect_EndlessLine_IsRefused()
    {
        await using DBusConnection connection = new(new(Address));
        Task connecting = connection.ConnectAsync(Ct);
        using Socket bus = await _listener.AcceptAsync(Ct);

        bus.Send(Encoding.ASCII.GetBytes(new string('x', 10_000)));

        var error = await Assert.ThrowsAsync<DBusConnectException>(() => connecting);
        Assert.Contains("endless", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connect_SilentBus_EndsAtTheTimeLimit(bool isAuthenticated)
    {
        await using DBusConnection connection = new(new(Address) { TimeProvider = _time });
        Task connecting = connection.ConnectAsync(Ct);
        using Socket bus = await _listener.AcceptAsync(Ct);
        await ReceiveAsync(bus);
        if (isAuthenticated)
        {
            bus.Send("OK x\r\n"u8);
            await ReceiveAsync(bus);
        }
        Assert.False(connecting.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(11));

        var error = await Assert.ThrowsAsync<DBusConnectException>(() => connecting);
        Assert.Contains("within 10 seconds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_Cancelled_Ends()
    {
        using CancellationTokenSource cancellation = new();
        await using DBusConnection connection = new(new(Address));
        Task connecting = connection.ConnectAsync(cancellation.Token);
        using Socket bus = await _listener.AcceptAsync(Ct);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.IsType<OperationCanceledException>(await connection.DisconnectedAsync());
    }

    [Fact]
    public async Task Connect_FirstAddressesUnusable_TakesTheNext()
    {
        DBusConnection connection = new(new($"tcp:host=localhost,port=1;unix:path={_directory.PathOf("none")};{Address},guid=00"));
        Task connecting = connection.ConnectAsync(Ct);

        using Socket bus = await _listener.AcceptAsync(Ct);

        await connection.DisposeAsync();
        await Assert.ThrowsAsync<DBusConnectException>(() => connecting);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("tcp:host=localhost,port=1", "unix:")]
    [InlineData("unix:guid=0", "neither")]
    [InlineData("unix:path=/a,abstract=b", "one path=")]
    [InlineData("unix:path=/a b", "%")]
    [InlineData("unix:path=/a%4", "hexadecimal")]
    [InlineData("unix:path=/a%00b", "NUL")]
    [InlineData("unix:path=/no/such/bus;unix:abstract=no%2fsuch", "No such file")]
    public async Task Connect_UnusableAddress_SaysWhy(string address, string reason)
    {
        await using DBusConnection connection = new(new(address));

        var error = await Assert.ThrowsAsync<DBusConnectException>(() => connection.ConnectAsync(Ct));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_AbstractAndEscaped_FindsTheSocket()
    {
        string name = Guid.NewGuid().ToString("N");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0a b{name}"));
        listener.Listen();
        DBusConnection connection = new(new($"unix:abstract=a%20b{name}"));
        Task connecting = connection.ConnectAsync(Ct);

        using Socket bus = await listener.AcceptAsync(Ct);

        await connection.DisposeAsync();
        await Assert.ThrowsAsync<DBusConnectException>(() => connecting);
    }

    [Fact]
    public async Task Message_Malformed_EndsTheConnectionWithTheReason()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address));
        Task call = connection.CallMethodAsync(connection.Call(":1.9", "Never"), Ct);

        bus.Send(Hex.Bytes("6c 02 01 02 00 00 00 00 01 00 00 00 08 00 00 00 05 01 75 00 01 00 00 00"));

        Assert.Contains("version", (await connection.DisconnectedAsync().WaitAsync(Ct))!.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DBusConnectionClosedException>(() => call);
        bus.Dispose();
    }

    [Fact]
    public async Task Call_WithoutReply_FailsAtItsTimeLimit()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address) { TimeProvider = _time });
        Task first = connection.CallMethodAsync(connection.Call(":1.9", "Never"), Ct);
        _time.Advance(TimeSpan.FromSeconds(20));
        Task second = connection.CallMethodAsync(connection.Call(":1.9", "Never"), Ct);

        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(DBusErrors.NoReply, (await Assert.ThrowsAsync<DBusErrorReplyException>(() => first)).ErrorName);
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(DBusErrors.NoReply, (await Assert.ThrowsAsync<DBusErrorReplyException>(() => second)).ErrorName);

        await connection.DisposeAsync();
        bus.Dispose();
    }

    [Fact]
    public async Task Call_Cancelled_Ends()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address));
        using CancellationTokenSource cancellation = new();
        Task call = connection.CallMethodAsync(connection.Call(":1.9", "Never"), cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await connection.DisposeAsync();
        bus.Dispose();
    }

    [Fact]
    public async Task Reply_FromSomebodyElse_IsNotTaken()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address));
        Task<string> call = connection.CallMethodAsync(
            connection.Call(":1.9", "Name"), (message, _) => message.GetBodyReader().ReadString(), ct: Ct);
        await ReceiveAsync(bus);

        bus.Send(Reply(connection.LastSerial, ":1.8", "forged"));
        bus.Send(Reply(connection.LastSerial, ":1.9", "true"));

        Assert.Equal("true", await call);
        await connection.DisposeAsync();
        bus.Dispose();
    }

    [Fact]
    public async Task Calls_MoreThanMayWait_AreRefused()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address) { MaxPendingCalls = 2 });
        Task first = connection.CallMethodAsync(connection.Call(":1.9", "Never"), Ct);
        Task second = connection.CallMethodAsync(connection.Call(":1.9", "Never"), Ct);

        Task third = connection.CallMethodAsync(connection.Call(":1.9", "Never"), Ct);

        Assert.Equal(DBusErrors.LimitsExceeded, (await Assert.ThrowsAsync<DBusErrorReplyException>(() => third)).ErrorName);
        Assert.False(first.IsCompleted || second.IsCompleted);
        await connection.DisposeAsync();
        bus.Dispose();
    }

    [Fact]
    public async Task Send_BusTakesNothing_IsRefusedAtTheLimitAndDisposalEnds()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(
            new(Address) { MaxQueuedBytes = 1 << 20, TimeProvider = _time });
        int sent = 0;
        while (connection.TrySendMessage(connection.Signal("S", 0)))
        {
            Assert.InRange(++sent, 0, 100_000);
        }

        Task disposal = connection.DisposeAsync().AsTask();
        while (!disposal.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Null(await connection.DisconnectedAsync());
        bus.Dispose();
    }

    [Fact]
    public async Task Requests_BusTakesNoReplies_AreReadNoMore()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(
            new(Address) { MaxQueuedBytes = 1 << 20, TimeProvider = _time });
        EchoObject echo = new();
        connection.AddMethodHandler(echo);
        bus.Blocking = false;
        byte[] request = Request("Bytes", 100_000);

        int refused = 0;
        for (int sent = 0; sent < 100_000 && (refused < 1000 || echo.Calls < 5);)
        {
            if (TrySend(bus, request))
            {
                sent++;
                refused = 0;
            }
            else
            {
                refused++;
                await Task.Yield();
            }
        }

        // Half a mebibyte of replies, what the socket takes, and one more.
        Assert.InRange(echo.Calls, 5, 40);
        bus.Dispose();
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Requests_MoreThanHandlersMayHold_AreRefused()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address) { MaxPendingRequests = 1 });
        connection.AddMethodHandler(new EchoObject());

        bus.Send(Request("Later", 0));
        bus.Send(Request("Later", 0));

        Assert.Contains(DBusErrors.LimitsExceeded, await ReceiveAsync(bus), StringComparison.Ordinal);
        await connection.DisposeAsync();
        bus.Dispose();
    }

    [Fact]
    public async Task Request_WantingNoReply_GetsNone()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address));
        connection.AddMethodHandler(new EchoObject());

        bus.Send(Request("Path", 0, MessageFlags.NoReplyExpected));
        bus.Send(Request("Throw", 0, MessageFlags.NoReplyExpected));
        bus.Send(Request("Nothing", 0));

        string answer = await ReceiveAsync(bus);
        Assert.Equal((byte)MessageType.Error, (byte)answer[1]);
        Assert.Contains(DBusErrors.UnknownMethod, answer, StringComparison.Ordinal);
        await connection.DisposeAsync();
        bus.Dispose();
    }

    [Fact]
    public async Task Message_OfUnknownTypeOrFields_IsSkipped()
    {
        (DBusConnection connection, Socket bus) = await ConnectAsync(new(Address));
        Task call = connection.CallMethodAsync(connection.Call(":1.9", "Any"), Ct);
        await ReceiveAsync(bus);

        bus.Send(Hex.Bytes("6c 63 01 01 00 00 00 00 01 00 00 00 08 00 00 00 c8 01 75 00 01 00 00 00"));
        bus.Send(Reply(connection.LastSerial, ":1.9", "x"));

        await call;
        await connection.DisposeAsync();
        bus.Dispose();
    }

    private static bool TrySend(Socket bus, byte[] data)
    {
        try
        {
            return bus.Send(data) == data.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Receives at least so many bytes, which may come in parts.</summary>
    private static async Task<string> ReceiveAsync(Socket bus, int atLeast = 1)
    {
        byte[] buffer = new byte[65536];
        int received = 0;
        while (received < atLeast)
        {
            int count = await bus.ReceiveAsync(buffer.AsMemory(received), Ct);
            Assert.NotEqual(0, count);
            received += count;
        }

        return Encoding.Latin1.GetString(buffer, 0, received);
    }

    private static byte[] Reply(uint serial, string sender, string text)
    {
        MessageWriter writer = new(1 << 16);
        // A sender is written by the bus only; a destination has the same form.
        writer.WriteMethodReturnHeader(serial, sender, "s");
        writer.WriteString(text);
        using MessageBuffer message = writer.CreateMessage();
        message.SetSerial(1);
        byte[] bytes = message.ToArray();
        bytes[bytes.AsSpan().IndexOf(Hex.Bytes("06 01 73 00"))] = 7;
        return bytes;
    }

    private static byte[] Request(string member, int argument, MessageFlags flags = default)
    {
        MessageWriter writer = new(1 << 16);
        writer.WriteMethodCallHeader(null, "/echo", EchoObject.Interface, member, "i", flags);
        writer.WriteInt32(argument);
        using MessageBuffer message = writer.CreateMessage();
        message.SetSerial(1);
        return message.ToArray();
    }

    private async Task<(DBusConnection Connection, Socket Bus)> ConnectAsync(DBusConnectionOptions options)
    {
        DBusConnection connection = new(options);
        Task connecting = connection.ConnectAsync(Ct);
        Socket bus = await _listener.AcceptAsync(Ct);
        await ReceiveAsync(bus);
        bus.Send("OK x\r\n"u8);
        await ReceiveAsync(bus, "BEGIN\r\nl".Length); // its Hello too, which is answered
        bus.Send(Reply(1, "org.freedesktop.DBus", ":1.7"));
        await connecting;
        Assert.Equal(":1.7", connection.UniqueName);
        return (connection, bus);
    }
}
