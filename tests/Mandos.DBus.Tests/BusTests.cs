using System.Diagnostics;
using Mandos.DBus.Tests.Support;

namespace Mandos.DBus.Tests;

/// <summary>Against a real dbus-daemon, with other implementations at the other end.</summary>
public sealed class BusTests : IAsyncLifetime
{
    private PrivateBus _bus = null!;
    private DBusConnection _connection = null!;
    private EchoObject _echo = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bus = await PrivateBus.StartAsync();
        _connection = await _bus.ConnectAsync();
        _connection.AddMethodHandler(_echo = new());
        Assert.Equal(
            RequestNameReply.PrimaryOwner,
            await _connection.RequestNameAsync("test.Echo", RequestNameOptions.DoNotQueue, Ct));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _bus.DisposeAsync();
    }

    [Theory]
    [InlineData("y", "255")]
    [InlineData("b", "true")]
    [InlineData("n", "-32768")]
    [InlineData("q", "65535")]
    [InlineData("i", "-2147483648")]
    [InlineData("u", "4294967295")]
    [InlineData("x", "-9223372036854775808")]
    [InlineData("t", "18446744073709551615")]
    [InlineData("d", "-0.25")]
    [InlineData("s", "\"text\"")]
    [InlineData("s", "\"\"")]
    [InlineData("o", "\"/a/b_1\"")]
    [InlineData("g", "\"a{sv}(ii)\"")]
    [InlineData("ay", "3 1 2 3")]
    [InlineData("as", "2 \"a\" \"bcdefgh\"")]
    [InlineData("as", "0")]
    [InlineData("a(yt)", "2 1 2 3 4")]
    [InlineData("a{ss}", "1 \"k\" \"v\"")]
    [InlineData("a{sv}", "2 \"k\" t 7 \"l\" as 1 \"m\"")]
    [InlineData("a{ya{ty}}", "2 1 2 5 6 7 8 9 0")]
    [InlineData("(y(x)s)", "1 2 \"three\"")]
    [InlineData("v", "s \"deep\"")]
    [InlineData("aax", "3 0 2 1 2 1 3")]
    public async Task Echo_OfBusctl_ComesBack(string type, string value)
    {
        string[] values = [.. value.Split(' ').Select(part => part.Trim('"'))];

        string output = await _bus.RunAsync(
            "busctl", ["--system", "--", "call", "test.Echo", "/echo", EchoObject.Interface, "Echo", "v", type, .. values]);

        Assert.Equal($"v {type} {value}", output);
        Assert.StartsWith(type + " ", _echo.LastText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<'h\u00e9\u20ac\U0001f600'>", "s h\u00e9\u20ac\U0001f600")]
    [InlineData("<byte 0x2a>", "y 42")]
    [InlineData("<-1.25>", "d -1.25")]
    [InlineData("<int64 -5>", "x -5")]
    [InlineData("<(true, ['a', 'b'], {'k': <objectpath '/o'>})>", "(basa{sv}) (true, [a, b], {k: </o>})")]
    [InlineData("<<<uint16 7>>>", "v <<7>>")]
    [InlineData("<[(byte 0x01, uint64 2)]>", "a(yt) [(1, 2)]")]
    public async Task Echo_OfGdbus_ComesBack(string value, string received)
    {
        string output = await _bus.RunAsync(
            "gdbus",
            ["call", "--system", "--dest", "test.Echo", "--object-path", "/echo", "--method", "test.Echo.Echo", value]);

        Assert.Equal($"({value},)", output);
        Assert.Equal(received, _echo.LastText);
    }

    [Fact]
    public async Task PingAndMachineId_OnAnyPath_AreAnswered()
    {
        Assert.Equal("", await Busctl("/no/such/path", "org.freedesktop.DBus.Peer", "Ping"));
        Assert.Matches(
            "^s \"[0-9a-f]{32}\"$|no /etc/machine-id", await Busctl("/echo", "org.freedesktop.DBus.Peer", "GetMachineId"));
        string introspection = await Busctl("/no", "org.freedesktop.DBus.Introspectable", "Introspect");
        Assert.Contains("<node/>", introspection, StringComparison.Ordinal);
        Assert.Equal(0, _echo.Calls);
    }

    [Fact]
    public async Task Call_OfUnknownPath_IsError()
    {
        var error = await Assert.ThrowsAsync<DBusErrorReplyException>(
            () => _connection.CallMethodAsync(_connection.Call("test.Echo", "Echo", "/other"), Ct));

        Assert.Equal(DBusErrors.UnknownObject, error.ErrorName);
    }

    [Fact]
    public async Task Call_WhoseHandlerThrows_IsErrorWithoutDetails()
    {
        var error = await Assert.ThrowsAsync<DBusErrorReplyException>(
            () => _connection.CallMethodAsync(_connection.Call("test.Echo", "Throw"), Ct));

        Assert.Equal(DBusErrors.Failed, error.ErrorName);
        Assert.DoesNotContain("with details", error.ErrorMessage, StringComparison.Ordinal);
        await _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct);
    }

    [Fact]
    public async Task Call_WithoutTheArgument_IsInvalidArgs()
    {
        var error = await Assert.ThrowsAsync<DBusErrorReplyException>(
            () => _connection.CallMethodAsync(_connection.Call("test.Echo", "Echo"), Ct));

        Assert.Equal(DBusErrors.InvalidArgs, error.ErrorName);
    }

    [Fact]
    public async Task Reply_LargerThanAllowed_IsLimitsExceeded()
    {
        MessageWriter writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader("test.Echo", "/echo", EchoObject.Interface, "Bytes", "i");
        writer.WriteInt32(33 << 20);
        MessageBuffer call = writer.CreateMessage();

        var error = await Assert.ThrowsAsync<DBusErrorReplyException>(() => _connection.CallMethodAsync(call, Ct));

        Assert.Equal(DBusErrors.LimitsExceeded, error.ErrorName);
    }

    [Fact]
    public async Task Reply_GivenLater_Arrives()
    {
        Task later = _connection.CallMethodAsync(_connection.Call("test.Echo", "Later"), Ct);
        Task failing = _connection.CallMethodAsync(_connection.Call("test.Echo", "ThrowLater"), Ct);
        await _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct);
        Assert.False(later.IsCompleted);

        _echo.Later.SetResult();

        await later;
        Assert.Equal("test.Error.Late", (await Assert.ThrowsAsync<DBusErrorReplyException>(() => failing)).ErrorName);
    }

    [Fact]
    public async Task Handler_OfTree_GetsPathsBelowButNotThoseOfANearerOne()
    {
        EchoObject tree = new("/tree", handlesChildPaths: true);
        EchoObject leaf = new("/tree/a/leaf");
        _connection.AddMethodHandler(tree);
        _connection.AddMethodHandler(leaf);

        foreach (string path in (string[])["/tree", "/tree/a", "/tree/b/c", "/tree/a/leaf", "/tree/a/leaf/below"])
        {
            string answer = await _connection.CallMethodAsync(
                _connection.Call("test.Echo", "Path", path),
                (message, _) => message.GetBodyReader().ReadObjectPath(),
                ct: Ct);
            Assert.Equal(path, answer);
        }

        Assert.Equal((4, 1), (tree.Calls, leaf.Calls));
        Assert.Throws<ArgumentException>(() => _connection.AddMethodHandler(new EchoObject("/tree")));
        _connection.RemoveMethodHandler("/tree");
        await Assert.ThrowsAsync<DBusErrorReplyException>(
            () => _connection.CallMethodAsync(_connection.Call("test.Echo", "Path", "/tree"), Ct));
    }

    [Fact]
    public async Task Names_RequestedAndReleased_HaveOwners()
    {
        await using DBusConnection other = await _bus.ConnectAsync();

        Assert.Equal(_connection.UniqueName, await other.GetNameOwnerAsync("test.Echo", Ct));
        Assert.Equal(RequestNameReply.Exists, await other.RequestNameAsync("test.Echo", RequestNameOptions.DoNotQueue, Ct));
        Assert.Equal(RequestNameReply.AlreadyOwner, await _connection.RequestNameAsync("test.Echo", default, Ct));
        Assert.Equal(ReleaseNameReply.NotOwner, await other.ReleaseNameAsync("test.Echo", Ct));
        Assert.Equal(ReleaseNameReply.Released, await _connection.ReleaseNameAsync("test.Echo", Ct));
        Assert.Equal(ReleaseNameReply.NonExistent, await _connection.ReleaseNameAsync("test.Echo", Ct));
        Assert.Null(await other.GetNameOwnerAsync("test.Echo", Ct));
        await Assert.ThrowsAsync<DBusErrorReplyException>(() => other.RequestNameAsync("not a name", default, Ct));
    }

    [Fact]
    public async Task Signals_Matching_ArriveInOrderUntilDisposed()
    {
        await using DBusConnection other = await _bus.ConnectAsync();
        List<int> numbers = [];
        MatchRule rule = new()
        {
            Type = MessageType.Signal,
            Sender = _connection.UniqueName,
            Interface = EchoObject.Interface,
            Member = "Wanted",
            PathNamespace = "/echo",
        };
        IDisposable subscription = await other.AddMatchAsync(
            rule, (message, _) => numbers.Add(message.GetBodyReader().ReadInt32()), null, Ct);
        using IDisposable faulty = await other.AddMatchAsync(rule, (_, _) => throw new InvalidOperationException(), null, Ct);

        for (int i = 0; i < 1000; i++)
        {
            Assert.True(_connection.TrySendMessage(_connection.Signal(i % 2 == 0 ? "Wanted" : "Unwanted", i)));
        }
        await other.CallMethodAsync(other.Call("test.Echo", "Path"), Ct);
        subscription.Dispose();
        _connection.TrySendMessage(_connection.Signal("Wanted", -1));
        await other.CallMethodAsync(other.Call("test.Echo", "Path"), Ct);

        Assert.Equal(Enumerable.Range(0, 500).Select(i => 2 * i), numbers);
    }

    [Fact]
    public async Task Match_OfArg0_HearsOfThatNameOnly()
    {
        List<string> names = [];
        MatchRule rule = new() { Sender = "org.freedesktop.DBus", Member = "NameOwnerChanged", Arg0 = "test.It's" };
        await Assert.ThrowsAsync<DBusErrorReplyException>(
            async () => await _connection.AddMatchAsync(rule with { Interface = "bad name" }, (_, _) => { }, null, Ct));
        using IDisposable match = await _connection.AddMatchAsync(
            rule with { Arg0 = "test.Two" }, (message, _) => names.Add(message.GetBodyReader().ReadString()), null, Ct);

        await _connection.RequestNameAsync("test.One", default, Ct);
        await _connection.RequestNameAsync("test.Two", default, Ct);

        Assert.Equal(["test.Two"], names);
        Assert.Equal(@"sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='test.It'\''s'", rule.ToString());
    }

    [Fact]
    public async Task Calls_TenThousandAtOnce_AreAllAnswered()
    {
        await using DBusConnection other = await _bus.ConnectAsync();

        Task<int>[] calls = [.. Enumerable.Range(0, 10_000).Select(i => AskAsync(i))];

        Assert.Equal(Enumerable.Range(0, 10_000), await Task.WhenAll(calls));

        async Task<int> AskAsync(int i) => (await other.EchoAsync("test.Echo", VariantValue.Int32(i))).GetInt32();
    }

    [Fact]
    public async Task Message_OfTwentyMebibytes_GoesBothWaysWhileOthersPass()
    {
        await using DBusConnection other = await _bus.ConnectAsync();
        byte[] bytes = new byte[20 << 20];
        new Random(1).NextBytes(bytes);

        Task<VariantValue> big = other.EchoAsync("test.Echo", VariantValue.ArrayOfByte(bytes));
        Task<VariantValue> small = other.EchoAsync("test.Echo", "small");

        Assert.Equal("small", (await small).GetString());
        VariantValue received = await big;
        Assert.True(received.GetArrayOfByte().AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task Bus_Killed_PendingCallsFailAndANewConnectionWorks()
    {
        Task pending = _connection.CallMethodAsync(_connection.Call("test.Echo", "Never"), Ct);
        await _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct);
        Task<Exception?> disconnected = _connection.DisconnectedAsync();
        Assert.False(disconnected.IsCompleted);

        await _bus.KillAsync();

        await Assert.ThrowsAsync<DBusConnectionClosedException>(() => pending);
        Assert.IsType<DBusConnectionClosedException>(await disconnected);
        Assert.False(_connection.TrySendMessage(_connection.Signal("Lost", 1)));
        Assert.False(_connection.Post(_ => { }, null));
        await Assert.ThrowsAsync<DBusConnectionClosedException>(
            () => _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct));
        await _bus.RestartAsync();
        await using DBusConnection again = await _bus.ConnectAsync();
        Assert.StartsWith(":", again.UniqueName, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serial_AfterTheLargest_IsOneAgain()
    {
        await _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct);
        Task never = _connection.CallMethodAsync(_connection.Call("test.Echo", "Never"), Ct);
        uint taken = _connection.LastSerial;
        _connection.LastSerial = uint.MaxValue - 1;

        for (int i = 0; i < 10; i++)
        {
            await _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct);
        }
        _connection.LastSerial = taken - 1;
        await _connection.CallMethodAsync(_connection.Call("test.Echo", "Path"), Ct);

        Assert.False(never.IsCompleted);
    }

    [Fact]
    public async Task Post_FromAnyThread_RunsInOrderOnTheConnectionsThread()
    {
        List<int> numbers = [];
        TaskCompletionSource<bool> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        for (int i = 0; i < 1000; i++)
        {
            Assert.True(_connection.Post(number => numbers.Add((int)number!), i));
        }
        _connection.Post(_ => throw new InvalidOperationException(), null);
        _connection.Post(_ => done.SetResult(_connection.IsOnConnectionThread), null);

        Assert.True(await done.Task.WaitAsync(Ct));
        Assert.Equal(Enumerable.Range(0, 1000), numbers);
        Assert.False(_connection.IsOnConnectionThread);
    }

    [Fact]
    public async Task Dispose_AfterSending_SendsAllFirst()
    {
        int received = 0;
        TaskCompletionSource last = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using IDisposable match = await _connection.AddMatchAsync(
            new() { Member = "Last" },
            (message, _) =>
            {
                if (++received == 5000)
                {
                    last.SetResult();
                }
            },
            null,
            Ct);
        DBusConnection other = await _bus.ConnectAsync();

        other.Post(
            _ =>
            {
                for (int i = 0; i < 5000; i++)
                {
                    other.TrySendMessage(other.Signal("Last", i));
                }
            },
            null);
        await other.DisposeAsync();

        await last.Task.WaitAsync(Ct);
        Assert.Null(await other.DisconnectedAsync());
    }

    [Fact]
    public async Task Dispose_OnTheConnectionsThread_EndsItAfterwards()
    {
        DBusConnection other = await _bus.ConnectAsync();

        other.Post(_ => _ = other.DisposeAsync().AsTask(), null);

        Assert.Null(await other.DisconnectedAsync().WaitAsync(Ct));
        await other.DisposeAsync();
    }

    [Fact]
    public async Task Connections_TwoHundred_LeaveNoThreadAndNoDescriptor()
    {
        const string name = "leak-test";
        int descriptors = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < 200; i++)
        {
            await using DBusConnection other = await _bus.ConnectAsync(new(_bus.Address) { Name = name });
        }

        Assert.InRange(Directory.GetFileSystemEntries("/proc/self/fd").Length, 0, descriptors + 50);
        // A thread that has told its end still has to go.
        Assert.True(SpinWait.SpinUntil(() => CountThreads(name) == 0, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Children_OfTheProcess_DoNotInheritTheSocket()
    {
        ProcessStartInfo start = new("ls", ["-l", "/proc/self/fd"]) { RedirectStandardOutput = true };
        using Process child = Process.Start(start)!;
        string descriptors = await child.StandardOutput.ReadToEndAsync(Ct);

        Assert.DoesNotContain("socket:", descriptors, StringComparison.Ordinal);
        Assert.DoesNotContain("eventfd", descriptors, StringComparison.Ordinal);
    }

    private static int CountThreads(string name)
        => Directory.GetDirectories("/proc/self/task").Count(task =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).Trim() == name;
            }
            catch (IOException)
            {
                return false;
            }
        });

    private Task<string> Busctl(string path, string @interface, string member)
        => _bus.RunAsync("busctl", "--system", "call", "test.Echo", path, @interface, member);
}
