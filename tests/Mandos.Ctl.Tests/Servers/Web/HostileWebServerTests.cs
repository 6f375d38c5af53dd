using System.Net.Sockets;
using System.Text;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.Web;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Ctl.Tests.Servers.Web;

/// <summary>Whoever has the socket need not be a Mandos server: what it sends is limited, and every wait has an end.</summary>
public sealed class HostileWebServerTests
{
    private const string NotOne = "the server's answer is not one of a Mandos server: ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("""{"clients":null}""")]
    [InlineData("""{"clients":[null]}""")]
    [InlineData("""{"clients":["a"]}""")]
    [InlineData("""{"clients":[{"id":1}]}""")]
    [InlineData("""{"clients":[{"name":"a","enabled":"yes"}]}""")]
    [InlineData("""{"clients":[{"name":"a","timeout":5}]}""")]
    [InlineData("""{"clients":[{"name":"a","timeout":"5m"}]}""")]
    [InlineData("""{"clients":[{"name":"a","timeout":"PT99999999999999999999S"}]}""")]
    [InlineData("""{"clients":[{"name":"a","created":"yesterday"}]}""")]
    [InlineData("""{"clients":[{"name":"a","requests":[{"id":-1}]}]}""")]
    [InlineData("""{"clients":[{"name":"a"}""")]
    [InlineData("""{"clients":[{"name":"a"}]}x""")]
    public async Task List_AnswerOfAnotherKind_IsRefusedInOneLine(string answer)
    {
        await using var fake = new FakeWebServer(_ => answer);
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.ListAsync(Token));

        Assert.StartsWith(NotOne, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("""{"durable":"yes"}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("")]
    public async Task Command_AnswerOfAnotherKind_IsNoSuccess(string answer)
    {
        await using var fake = new FakeWebServer(_ => answer);
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.EnableAsync(new Client("clients/a") { Name = "a" }, enable: false, Token));

        Assert.StartsWith("client a: " + NotOne, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_ErrorOfAnotherKind_IsTheStatus()
    {
        await using var fake = new FakeWebServer((_, stream) => FakeWebServer.WriteAsync(stream, "<html>", 502));
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.ReloadAsync(Token));

        Assert.Equal(NotOne + "its status is 502, and it says no reason", error.Message);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_10.0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")]
    public async Task Call_ToNoHttpServer_IsRefusedInOneLine(string answer)
    {
        await using var fake = new FakeWebServer(async (request, stream) =>
        {
            request.IsLast = true;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Token);
        });
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.GetKeptAsync(Token));

        Assert.StartsWith(NotOne, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Neither an answer, nor one client, nor the headers, nor an event may be without end.</summary>
    [Theory]
    [InlineData("kept", "{\"kept\":[ ", "          ")]
    [InlineData("clients", "{\"clients\":[{\"name\":\"a\",\"host\":\"", "aaaaaaaaaaaaaaaa")]
    [InlineData("events", "event: ready\ndata: ", "aaaaaaaaaaaaaaaa")]
    public async Task Call_AnswerWithoutEnd_IsRefused(string path, string begin, string piece)
    {
        string pieces = string.Concat(Enumerable.Repeat(piece, 1 << 12));
        await using var fake = new FakeWebServer(async (_, stream) =>
        {
            await FakeWebServer.BeginAsync(stream, begin);
            while (true)
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(pieces), Token);
            }
        });
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => path switch
        {
            "kept" => server.GetKeptAsync(Token),
            "clients" => server.ListAsync(Token),
            _ => server.WatchAsync(static _ => { }, Token),
        });

        Assert.Equal(NotOne + "it is too long", error.Message);
    }

    [Fact]
    public async Task List_ServerIsSilent_GivesUpInTime()
    {
        var time = new FakeTimeProvider();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var fake = new FakeWebServer((request, _) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, request.Ended);
        });
        await using SocketConnection server = await fake.ConnectAsync(time);

        Task listing = server.ListAsync(Token);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(25));

        var error = await Assert.ThrowsAsync<ServerException>(() => listing);
        Assert.Equal("the Mandos server does not answer", error.Message);
    }

    [Fact]
    public async Task List_ServerStopsInTheMiddle_GivesUpInTime()
    {
        var time = new FakeTimeProvider();
        await using var fake = new FakeWebServer(async (request, stream) =>
        {
            await FakeWebServer.BeginAsync(stream, "{\"clients\":[");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, request.Ended);
        });
        await using SocketConnection server = await fake.ConnectAsync(time);

        Task listing = server.ListAsync(Token);
        await Patience.UntilAsync("the end of its patience", () =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return listing.IsCompleted;
        });

        var error = await Assert.ThrowsAsync<ServerException>(() => listing);
        Assert.Equal("the Mandos server does not answer", error.Message);
    }

    [Fact]
    public async Task Call_ServerGoesAway_SaysSo()
    {
        var fake = new FakeWebServer(_ => """{"kept":[]}""");
        await using SocketConnection server = await fake.ConnectAsync();
        Assert.Empty(await server.GetKeptAsync(Token));
        string path = fake.Path;
        await fake.DisposeAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.GetKeptAsync(Token));

        Assert.StartsWith($"cannot connect to {path}: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_PlaceOfNoServer_SaysWhy()
    {
        using var directory = new TemporaryDirectory();
        string stale = directory.PathOf("stale");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(stale)); // and nobody listens

        foreach ((string path, string reason) in new[]
        {
            (directory.PathOf("none"), "No such file or directory"), (stale, "Connection refused"), ("/dev/null", "Connection refused"),
            ("", "the path is empty, has a NUL, or is longer than 107 bytes"),
            (new string('x', 200), "the path is empty, has a NUL, or is longer than 107 bytes"),
        })
        {
            var error = await Assert.ThrowsAsync<ServerException>(() => SocketConnection.ConnectAsync(path, null, Token));
            Assert.Equal($"cannot connect to {path}: {reason}", error.Message);
        }
    }
}
