using System.Text;
using Mandos.Ctl.Commands;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.Web;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Ctl.Tests.Servers.Web;

/// <summary>Each change is one request for one client, and its answer is believed to the letter.</summary>
public sealed class CommandTests
{
    private static readonly Client _client = new("clients/a%2Fb") { Name = "a/b", Id = 17 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("enable", "", "--enable")]
    [InlineData("disable", "", "-d")]
    [InlineData("checked-ok", "", "--bump-timeout")]
    [InlineData("check", "", "--start-checker")]
    [InlineData("stop-check", "", "--stop-checker")]
    [InlineData("approve", "", "--approve")]
    [InlineData("deny", "", "--deny")]
    [InlineData("remove", "", "--remove")]
    [InlineData("settings", """{"timeout":"PT93600S"}""", "--timeout", "1d 2h")]
    [InlineData("settings", """{"approval_delay":"PT0.25S"}""", "--approval-delay=250")]
    [InlineData("settings", """{"interval":"PT9223372036854775.807S"}""", "--interval=9223372036854775807")]
    [InlineData("settings", """{"approved_by_default":false}""", "--deny-by-default")]
    [InlineData("settings", """{"approved_by_default":true}""", "--approve-by-default")]
    [InlineData("settings", """{"host":"x\u0022y"}""", "--host", "x\"y")]
    [InlineData("settings", """{"when_cut_off":"hold"}""", "--when-cut-off=hold")]
    [InlineData("secret", "topmost", "--secret", "-")]
    public async Task Action_OfEachOption_IsOneRequestForThatClient(string command, string body, params string[] arguments)
    {
        await using var fake = new FakeWebServer(_ => """{"durable":true}""");
        await using SocketConnection server = await fake.ConnectAsync();

        foreach (ClientAction action in ClientActions.Of(CtlArguments.Parse([.. arguments, "a/b"]), Encoding.UTF8.GetBytes("topmost")))
        {
            await action.RunAsync(server, _client, Token);
        }

        FakeRequest request = Assert.Single(fake.Requests);
        Assert.Equal($"POST /api/v1/clients/a%2Fb/{command}?id=17", request.Line);
        Assert.Equal(body, request.Text);
        Assert.Equal(body.Length == 0, !request.Head.Any(static line => line.StartsWith("Content-Type:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Commands_ForNoClient_HaveTheirPaths()
    {
        await using var fake = new FakeWebServer(request => request.Line.EndsWith("tokens", StringComparison.Ordinal)
            ? request.Line[0] == 'P' ? """{"token":"once"}""" : """{"tokens":[{"name":"n","scope":"read","created":null}]}"""
            : """{"durable":true}""");
        await using SocketConnection server = await fake.ConnectAsync();

        await server.DecideAsync(ulong.MaxValue, approve: true, Token);
        await server.DecideAsync(1, approve: false, Token);
        await server.ForgetAsync("ü.", Token);
        await server.ReloadAsync(Token);
        Assert.Equal("once", await server.AddTokenAsync("my phone", "approve", Token));
        Assert.Equal("n", Assert.Single(await server.GetTokensAsync(Token)).Name);
        await server.RevokeTokenAsync("my phone", Token);

        Assert.Equal(
            [
                "POST /api/v1/requests/9223372036854775807/approve", "POST /api/v1/requests/1/deny", "POST /api/v1/kept/%C3%BC%2E/forget",
                "POST /api/v1/reload", "POST /api/v1/tokens", "GET /api/v1/tokens", "POST /api/v1/tokens/my%20phone/revoke",
            ],
            fake.Requests.Select(static request => request.Line));
        Assert.Equal("""{"name":"my phone","scope":"approve"}""", fake.Requests.ElementAt(4).Text);
        Assert.Equal(1, fake.Connections);
    }

    [Fact]
    public async Task Command_ThatIsNotSaved_SaysSo()
    {
        await using var fake = new FakeWebServer(_ => """{"durable":false,"problem":"the change is in force but not saved"}""");
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => server.EnableAsync(_client, enable: false, Token));

        Assert.True(error.IsNotSaved);
        Assert.Equal("client a/b: the server says: the change is in force but not saved", error.Message);
    }

    [Theory]
    [InlineData(404, "unknown_client", "gone", "client a/b: is not on the server any more")]
    [InlineData(409, "conflicting_requests", "client “a/b” was not approved", "client “a/b” was not approved; mandos-ctl --requests lists them")]
    [InlineData(400, "bad_value", "no\\u001b[2J\\r\\nway", "client a/b: the server says: no\ufffd[2J way")]
    [InlineData(403, "not_allowed", "only root", "client a/b: the server says: only root")]
    public async Task Command_ThatIsRefused_IsOneLineAsOnDBus(int status, string code, string error, string expected)
    {
        await using var fake = new FakeWebServer((_, stream) => FakeWebServer.WriteAsync(stream, $$"""{"error":"{{error}}","code":"{{code}}"}""", status));
        await using SocketConnection server = await fake.ConnectAsync();

        var thrown = await Assert.ThrowsAsync<ServerException>(() => server.ApproveAsync(_client, approve: true, Token));

        Assert.Equal((expected, false), (thrown.Message, thrown.IsNotSaved));
    }

    [Fact]
    public async Task Commands_ThatWaitForTheirTurn_HaveTheirWholeTimeThen()
    {
        var time = new FakeTimeProvider();
        using var asked = new SemaphoreSlim(0);
        using var answer = new SemaphoreSlim(0);
        await using var fake = new FakeWebServer(async (request, stream) =>
        {
            asked.Release();
            await answer.WaitAsync(request.Ended);
            await FakeWebServer.WriteAsync(stream, """{"durable":true}""");
        });
        await using SocketConnection server = await fake.ConnectAsync(time);

        Task[] commands = [.. Enumerable.Range(0, 3).Select(_ => server.EnableAsync(_client, enable: true, Token))];
        foreach (Task _ in commands)
        {
            await asked.WaitAsync(Token);
            time.Advance(TimeSpan.FromSeconds(20));
            answer.Release();
        }

        await Task.WhenAll(commands);
        Assert.Equal(1, fake.Connections);
    }

    /// <summary>The server may have done it before it ended: whoever gave the command has to look.</summary>
    [Theory]
    [InlineData("--disable")]
    [InlineData("--host", "x")]
    public async Task Command_ServerEndsWithoutAnAnswer_IsNotSentTwice(params string[] arguments)
    {
        await using var fake = new FakeWebServer((request, stream) =>
        {
            if (request.Line.EndsWith("/reload", StringComparison.Ordinal))
            {
                return FakeWebServer.WriteAsync(stream, """{"durable":true}""");
            }

            request.IsLast = true;
            return Task.CompletedTask;
        });
        await using SocketConnection server = await fake.ConnectAsync();
        await server.ReloadAsync(Token); // so that the connection is one that was kept
        ClientAction command = Assert.Single(ClientActions.Of(CtlArguments.Parse([.. arguments, "a/b"]), null));

        var error = await Assert.ThrowsAsync<ServerException>(() => command.RunAsync(server, _client, Token));

        Assert.Equal($"the connection to {fake.Path} is lost", error.Message);
        Assert.Equal(2, fake.Requests.Count);
    }

    [Fact]
    public async Task Trace_OfASecret_HasItsLengthAlone()
    {
        await using var fake = new FakeWebServer(_ => """{"durable":true}""");
        List<string> lines = [];
        await using SocketConnection server = await SocketConnection.ConnectAsync(fake.Path, lines.Add, Token);

        await server.SetSecretAsync(_client, "topmost"u8.ToArray(), Token);

        Assert.Equal("POST /api/v1/clients/a%2Fb/secret?id=17 Secret, 7 bytes", Assert.Single(lines));
    }
}
