using System.Text;
using System.Threading.Channels;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.Web;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Ctl.Tests.Servers.Web;

/// <summary>What the server tells by itself reaches the monitor in its order, and its end is noticed.</summary>
public sealed class EventTests
{
    private const string Ready = "event: ready\ndata: {}\n\n";
    private const string A = """{"name":"a","id":1,"enabled":false,"requests":[],"last_checker_status":-1}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_EachEvent_IsASignal()
    {
        await using var fake = new FakeWebServer((request, stream) =>
        {
            request.IsLast = true;
            return FakeWebServer.BeginAsync(
                stream,
                ": a comment\n\n" + Ready
                + Event("client_changed", $$"""{"client":{{A}},"changed":["Enabled","LastCheckedOk","Requests","Secret","New"]}""")
                + Event("client_removed", """{"client":{"name":"b/c","id":2},"reason":"left_files"}""")
                + Event("need_approval", $$"""{"client":{{A}},"request":{},"time_left":"PT59.9S","approved_by_default":true}""")
                + Event("conflicting_requests", $$"""{"client":{{A}},"addresses":["::1","::2"]}""")
                + Event("anomaly", $$"""{"client":{{A}},"request":{"id":7,"address":"::1"},"kind":"machine_runs","description":"it runs"}""")
                + Event("got_secret", $$"""{"client":{{A}}}""")
                + Event("rejected", $$"""{"client":{{A}},"reason":"approval_timed_out"}""")
                + Event("checker_started", $$"""{"client":{{A}},"description":"true"}""")
                + Event("checker_completed", $$"""{"client":{{A}},"description":"true","succeeded":false}""")
                + Event("client_not_found", """{"key_id":"AA","address":"::3"}""")
                + Event("something_new", "{}"));
        });
        await using SocketConnection server = await fake.ConnectAsync();
        var heard = Channel.CreateUnbounded<ServerSignal>();

        await server.WatchAsync(signal => heard.Writer.TryWrite(signal), Token);
        await server.DisconnectedAsync();
        heard.Writer.Complete();

        ServerSignal[] signals = await heard.Reader.ReadAllAsync(Token).ToArrayAsync(Token);
        var changed = Assert.IsType<ServerSignal.ClientChanged>(signals[0]);
        Assert.Equal("a", changed.Client.Name);
        Assert.Equal(["Enabled", "LastCheckedOk"], changed.Properties);
        var conflict = Assert.IsType<ServerSignal.ConflictingRequests>(signals[3]);
        Assert.Equal(["::1", "::2"], conflict.Addresses);
        Assert.Equal(
            [
                new ServerSignal.ClientRemoved("clients/b%2Fc"), new ServerSignal.NeedApproval("clients/a", 59_900, true), conflict,
                new ServerSignal.AnomalyNoticed("clients/a", "::1", "it runs"),
                new ServerSignal.GotSecret("clients/a"), new ServerSignal.Rejected("clients/a", "Approval timed out"),
                new ServerSignal.CheckerStarted("clients/a", "true"), new ServerSignal.CheckerCompleted("clients/a", -1, "true"),
                new ServerSignal.ClientNotFound("AA", "::3"),
            ],
            signals.Skip(1));
    }

    [Fact]
    public async Task Watch_WhileEventsFlow_OtherCallsAreAnswered()
    {
        var heard = Channel.CreateUnbounded<ServerSignal>();
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var fake = new FakeWebServer(async (request, stream) =>
        {
            if (request.Line != "GET /api/v1/events")
            {
                await FakeWebServer.WriteAsync(stream, """{"clients":[]}""");
                next.TrySetResult();
                return;
            }

            await FakeWebServer.BeginAsync(stream, Ready);
            await next.Task.WaitAsync(request.Ended);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(Event("client_added", $$"""{"client":{{A}}}""")), Token);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, request.Ended);
        });
        await using SocketConnection server = await fake.ConnectAsync();
        await server.WatchAsync(signal => heard.Writer.TryWrite(signal), Token);

        Assert.Empty(await server.ListAsync(Token));

        Assert.Equal("a", Assert.IsType<ServerSignal.ClientAdded>(await heard.Reader.ReadAsync(Token)).Client.Name);
        Assert.False(server.DisconnectedAsync().IsCompleted);
        Assert.Contains("Accept: text/event-stream", fake.Requests.First().Head);
    }

    [Theory]
    [InlineData("event: client_changed\ndata: {\"changed\":[]}\n\n")]
    [InlineData("event: got_secret\ndata: {}\n\n")]
    [InlineData("event: got_secret\ndata: <html>\n\n")]
    [InlineData("data: {\n\n")]
    public async Task Watch_EventOfAnotherKind_EndsTheConnectionAndSaysWhy(string wrong)
    {
        await using var fake = new FakeWebServer((_, stream) => FakeWebServer.BeginAsync(stream, Ready + wrong));
        await using SocketConnection server = await fake.ConnectAsync();
        await server.WatchAsync(static _ => { }, Token);

        var error = await Assert.ThrowsAsync<ServerException>(server.DisconnectedAsync);

        Assert.StartsWith("the server's answer is not one of a Mandos server: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_StreamThatIsNotReady_IsRefused()
    {
        await using var fake = new FakeWebServer((request, stream) =>
        {
            request.IsLast = true;
            return FakeWebServer.BeginAsync(stream, "");
        });
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.WatchAsync(static _ => { }, Token));

        Assert.EndsWith("its events do not begin with one that it is ready", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ServerIsFrozen_IsNoticed()
    {
        var time = new FakeTimeProvider();
        await using var fake = new FakeWebServer(async (request, stream) =>
        {
            await FakeWebServer.BeginAsync(stream, Ready);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, request.Ended);
        });
        await using SocketConnection server = await fake.ConnectAsync(time);
        await server.WatchAsync(static _ => { }, Token);

        await Patience.UntilAsync("the end of its patience", () =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return server.DisconnectedAsync().IsCompleted;
        });

        var error = await Assert.ThrowsAsync<ServerException>(server.DisconnectedAsync);
        Assert.Equal("the Mandos server does not answer", error.Message);
    }

    private static string Event(string name, string json) => $"event: {name}\ndata: {json}\n\n";
}
