using DBusControl.Tests.Support;
using Mandos.Bus;
using Mandos.DBusControl;
using Mandos.PluginContracts.Control;
using Mandos.TestKit.Daemons;

namespace DBusControl.Tests;

/// <summary>Messages that no bus would pass on, and faults of a handler: each call has one answer, and the connection lives on.</summary>
public sealed class HostileMessageTests : IDisposable
{
    private const string Prefix = "org.freedesktop.DBus.Error.";

    private readonly FakeBus _bus = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _bus.Dispose();
    }

    // A path, a method, what its arguments are said to be, and what they are.
    public static TheoryData<string, string, string, byte[]> Malformed => new()
    {
        { Rig.Foo, "Get", "ss", [] },
        { Rig.Foo, "Get", "ss", [255, 255, 255, 255] },
        { Rig.Foo, "Get", "ss", [.. Text(Caller.Client), 9, 0, 0, 0, (byte)'H', 0] },
        { Rig.Foo, "Set", "ssv", [.. Text(Caller.Client), 0, .. Text("Host")] },
        { Rig.Foo, "Set", "ssv", [.. Text(Caller.Client), 0, .. Text("Host"), 1, (byte)'s', 0, 255, 255, 255, 127] },
        { Rig.Foo, "Set", "ssv", [.. Text(Caller.Client), 0, .. Text("Secret"), 2, (byte)'a', (byte)'y', 0, 0, 255, 255, 255, 3] },
        { Rig.Foo, "Set", "ssv", [.. Text(Caller.Client), 0, .. Text("Host"), 1, (byte)'h', 0, 0, 0, 0, 0] },
        { Rig.Foo, "Set", "ssv", [.. Text(Caller.Client), 0, .. Text("Host"), 1, (byte)'!', 0, 0, 0, 0, 0] },
        { Rig.Foo, "Approve", "h", [0, 0, 0, 0] },
        { Rig.Foo, "Approve", "b", [] },
        { Rig.Foo, "Approve", "v", [200] },
        { "/", "RemoveClient", "o", [1, 0, 0, 0] },
        { "/", "GetClients", "tu", [1] },
        { "/", "DecideRequest", "tb", [1, 0, 0, 0, 0, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Call_ArgumentsMalformed_AreRefusedAndNothingChanges(string path, string member, string signature, byte[] body)
    {
        var server = Start();

        Assert.Equal($"{Prefix}InvalidArgs", _bus.Call(path, null, member, signature, body));

        Assert.Equal("", _bus.Call("/", null, "Ping", "", []));
        Assert.Null(server.Secret("foo"));
        Assert.Empty(server.Approvals);
    }

    [Fact]
    public void Call_TextThatIsNoText_LeavesTheConnectionAlone()
    {
        Start();

        _bus.Call(Rig.Foo, null, "Set", "ssv", [.. Text(Caller.Client), 0, .. Text("Host"), 1, (byte)'s', 0, 2, 0, 0, 0, 0xff, 0xc0, 0]);

        Assert.Equal("", _bus.Call(Rig.Foo, null, "Get", "ss", [.. Text(Caller.Client), 0, .. Text("Host")]));
    }

    [Fact]
    public void Bytes_ThatAreNoMessage_EndTheConnectionAndItIsMadeAnew()
    {
        Start();

        _bus.SendLast([(byte)'?', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);

        _bus.Accept("RequestName");
        Assert.Equal("", _bus.Call(Rig.Foo, null, "Get", "ss", [.. Text(Caller.Client), 0, .. Text("Host")]));
    }

    [Fact]
    public async Task Handler_AnswersTwiceOrThrows_EachCallHasOneAnswer()
    {
        var answers = new TaskCompletionSource<bool[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var connection = new BusConnection(new BusOptions(_bus.Address) { FlushTimeout = TimeSpan.Zero });
        var connecting = connection.ConnectAsync(TestContext.Current.CancellationToken);
        _bus.Accept();
        await connecting;
        connection.AddHandler("/twice", below: false, call =>
            answers.TrySetResult([call.Reply(), call.Reply(), call.ReplyError(BusErrors.Failed, "no")])); // the first has arrived by then
        connection.AddHandler("/throws", below: false, _ => throw new InvalidOperationException("a detail"));
        connection.AddHandler("/late", below: false, call =>
        {
            call.ReplyError(BusErrors.AccessDenied, "a\0b");
            throw new InvalidOperationException("a detail");
        });
        connection.AddHandler("/half", below: false, call => call.Reply("s", (ref writer) =>
        {
            writer.WriteString("half");
            throw new InvalidOperationException("a detail");
        }));

        Assert.Equal("", _bus.Call("/twice", null, "M", "", []));
        bool[] firstAlone = await answers.Task;
        Assert.Equal([true, false, false], firstAlone);
        Assert.Equal($"{Prefix}Failed", _bus.Call("/throws", null, "M", "", []));
        Assert.Equal($"{Prefix}AccessDenied", _bus.Call("/late", null, "M", "", []));
        Assert.Equal($"{Prefix}Failed", _bus.Call("/half", null, "M", "", []));
        Assert.Equal("", _bus.Call("/twice", null, "M", "", []));
    }

    [Fact]
    public async Task Reply_AnyKind_OverwritesTheSecret()
    {
        byte[][] secrets = [[1, 2], [3, 4], [5, 6]];
        await using var connection = new BusConnection(new BusOptions(_bus.Address) { FlushTimeout = TimeSpan.Zero });
        var connecting = connection.ConnectAsync(TestContext.Current.CancellationToken);
        _bus.Accept();
        await connecting;
        var kept = new TaskCompletionSource<BusCall>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.AddHandler("/refused", below: false, call =>
        {
            call.Secret = secrets[0];
            call.ReplyError(BusErrors.LimitsExceeded, "no room");
        });
        connection.AddHandler("/taken", below: false, call =>
        {
            call.Secret = secrets[1];
            call.Reply();
        });
        connection.AddHandler("/kept", below: false, call =>
        {
            call.Secret = secrets[2];
            kept.SetResult(call);
        });

        Assert.Equal($"{Prefix}LimitsExceeded", _bus.Call("/refused", null, "M", "", []));
        Assert.Equal("", _bus.Call("/taken", null, "M", "", []));
        Task<string?> unanswered = Task.Run(() => _bus.Call("/kept", null, "M", "", []), TestContext.Current.CancellationToken);
        BusCall waiting = await kept.Task;
        await connection.DisposeAsync(); // nobody is left to answer
        Assert.Null(await unanswered);
        Assert.Equal([5, 6], secrets[2]);
        waiting.ReplyError(BusErrors.NoReply, "the connection is over");

        Assert.All(secrets, secret => Assert.Equal([0, 0], secret));
    }

    private static byte[] Text(string text) => [(byte)text.Length, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(text), 0];

    private InMemoryServer Start()
    {
        var server = new InMemoryServer([Rig.Client("foo")]);
        _ = Task.Run(() => new DBusSurface(Rig.ContextOf(_bus.Address)).RunAsync(server, _stop.Token));
        _bus.Accept("RequestName");
        return server;
    }
}
