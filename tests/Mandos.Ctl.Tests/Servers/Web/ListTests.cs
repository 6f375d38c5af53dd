using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Ctl.Commands;
using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Servers.Web;

namespace Mandos.Ctl.Tests.Servers.Web;

/// <summary>A client is the same whether D-Bus or the web API tells of it.</summary>
public sealed class ListTests
{
    private const string Zoo = """
        {"name":"zoo/ü","id":7,"origin":"files","enabled":true,"approval_pending":true,"approvals_pending":1,
         "requests":[{"id":3,"client":"zoo/ü","address":"fe80::1%2","port":4711,"interface":"eth0","key_id":"AB","since":"2026-11-24T08:02:46.2495531Z",
           "time_left":"PT4.5S","shared_key_warning":false}],
         "key_id":"00112233","fingerprint":null,"created":"2026-11-24T08:02:46Z","last_enabled":"2026-11-24T08:02:46.2495539Z",
         "expires":"2026-11-24T10:02:46.000001+01:00","last_checked_ok":null,"last_checker_status":-2,"last_approval_request":null,
         "checker_running":false,"host":"h","checker":"fping \u0007","extended_timeout":"PT15M","approval_delay":"PT0S",
         "approval_duration":"PT1.5S","approved_by_default":true,"timeout":"P400DT1H","interval":"PT2M0.25S","location":"räck 3",
         "when_cut_off":"refuse","what_is_new":{"deep":[1,{"x":null}]}}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_Client_HasWhatDBusTells()
    {
        await using var fake = new FakeWebServer(_ => $$"""{"clients":[{{Zoo}}],"next":null}""");
        await using SocketConnection server = await fake.ConnectAsync();

        Client client = Assert.Single(await server.ListAsync(Token));

        Assert.Equal(("zoo/ü", 7, "clients/zoo%2F%C3%BC"), (client.Name, client.Id, client.Path));
        Assert.Equal("2026-11-24T08:02:46", client.Created);
        Assert.Equal("2026-11-24T08:02:46.249553", client.LastEnabled);
        Assert.Equal("2026-11-24T09:02:46.000001", client.Expires);
        Assert.Equal(("", "", -2), (client.LastCheckedOk, client.Fingerprint, client.LastCheckerStatus));
        Assert.Equal((34_563_600_000UL, 120_250UL, 1500UL, 0UL), (client.Timeout, client.Interval, client.ApprovalDuration, client.ApprovalDelay));
        Assert.True(client is { Enabled: true, ApprovalPending: true, ApprovedByDefault: true, CheckerRunning: false });
        Assert.Equal("räck 3", client.Extension(ClientSetting.Location));
        Assert.Equal(
            new Request(3, client.Path, "zoo/ü", "fe80::1%2", 4711, "AB", "2026-11-24T08:02:46.249553"), Assert.Single(client.Requests));
    }

    /// <summary>Each property that is listed comes from the answer: none was forgotten.</summary>
    [Fact]
    public async Task List_EachColumn_HasAValueThatIsNotTheDefault()
    {
        string json = string.Join(',', ClientSetting.All.Select(setting => $"\"{setting.OptionName}\":" + setting switch
        {
            ClientSetting<TimeSpan> => "\"PT7S\"",
            ClientSetting<bool> flag => flag.Default ? "false" : "true",
            _ => "\"x\"",
        }));
        await using var fake = new FakeWebServer(_ => $$"""
            {"clients":[{"name":"a","id":1,"enabled":true,"approval_pending":true,"key_id":"AA","fingerprint":"BB","created":"2026-01-02T03:04:05Z",
             "last_enabled":"2026-01-02T03:04:05Z","expires":"2026-01-02T03:04:05Z","last_checked_ok":"2026-01-02T03:04:05Z","last_checker_status":3,
             "last_approval_request":"2026-01-02T03:04:05Z","checker_running":true,{{json}}}]}
            """);
        await using SocketConnection server = await fake.ConnectAsync();
        IReadOnlyList<Client> clients = await server.ListAsync(Token);
        var plain = new Client("") { ApprovedByDefault = true };

        Assert.All(ClientColumn.Of(clients), column => Assert.NotEqual(column.Value(plain), column.Value(clients[0])));
        Assert.Equal(
            ClientColumn.All.Count + ClientSetting.All.Count(static setting => setting.IsExtension), ClientColumn.Of(clients).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public async Task List_InPiecesOfAnySize_HasAllInTheOrderInWhichTheyAppeared(int pieceLength)
    {
        int[] ids = [.. Enumerable.Range(1, pieceLength == 1 ? 10 : 2000)];
        byte[] answer = Encoding.UTF8.GetBytes(
            "{\"next\":null,\"clients\":[" + string.Join(", ", ids.Reverse().Select(id => Zoo.Replace("\"id\":7", $"\"id\":{id}", StringComparison.Ordinal))) + "]}\n");
        await using var fake = new FakeWebServer(async (request, stream) =>
        {
            request.IsLast = true;
            await FakeWebServer.BeginAsync(stream, "");
            foreach (byte[] piece in answer.Chunk(pieceLength))
            {
                await stream.WriteAsync(piece, Token);
            }
        });
        await using SocketConnection server = await fake.ConnectAsync();

        Assert.Equal(ids.Select(static id => (long)id), (await server.ListAsync(Token)).Select(static client => client.Id));
    }

    [Fact]
    public async Task List_WhileTheServerWritesManyLists_WaitsForIts()
    {
        int count = 0;
        await using var fake = new FakeWebServer((_, stream) => ++count < 3
            ? FakeWebServer.WriteAsync(stream, """{"error":"4 lists are being written","code":"too_many"}""", 429)
            : FakeWebServer.WriteAsync(stream, $$"""{"clients":[{{Zoo}}]}"""));
        await using SocketConnection server = await fake.ConnectAsync();

        Assert.Single(await server.ListAsync(Token));
    }

    [Fact]
    public async Task Select_ByName_AsksForThatOneAlone()
    {
        await using var fake = new FakeWebServer(request => request.Line switch
        {
            "GET /api/v1/clients/%2E%2E" => Zoo.Replace("zoo/ü", "..", StringComparison.Ordinal),
            _ => throw new InvalidOperationException(request.Line),
        });
        await using SocketConnection server = await fake.ConnectAsync();

        Assert.Equal("..", Assert.Single(await CtlCommand.SelectAsync(server, CtlArguments.Parse([".."]), Token)).Name);
    }

    [Fact]
    public async Task Select_NameThatIsNotThere_SaysSoAsOnDBus()
    {
        await using var fake = new FakeWebServer((request, stream) => request.Line == "GET /api/v1/clients"
            ? FakeWebServer.WriteAsync(stream, """{"clients":[]}""")
            : FakeWebServer.WriteAsync(stream, """{"error":"there is no client named “no”","code":"unknown_client"}""", 404));
        await using SocketConnection server = await fake.ConnectAsync();

        var error = await Assert.ThrowsAsync<ServerException>(() => CtlCommand.SelectAsync(server, CtlArguments.Parse(["no"]), Token));
        Assert.Equal("Client not found on server: 'no'", error.Message);
    }

    [Fact]
    public async Task Requests_OfSeveralClients_AreInTheOrderOfDBus()
    {
        static string Ask(int id, string client)
            => $$"""{"id":{{id}},"client":"{{client}}","address":"::1","port":1,"key_id":"AA","since":"2026-01-02T03:04:05Z"}""";
        await using var fake = new FakeWebServer(_ => $$"""{"requests":[{{Ask(5, "b")}},{{Ask(2, "b")}},{{Ask(3, "a")}}]}""");
        await using SocketConnection server = await fake.ConnectAsync();

        Assert.Equal([2UL, 5UL, 3UL], (await server.FindRequestsAsync(Token))!.Select(static request => request.Id));
    }

    [Fact]
    public async Task Kept_AndServers_AreWhatTheServerTells()
    {
        await using var fake = new FakeWebServer(request => request.Line switch
        {
            "GET /api/v1/kept" => """{"kept":[{"name":"a","key_id":"AA","fingerprint":null,"state":"disabled","since":"2026-01-02T03:04:05.5Z"},{"name":"b","key_id":null,"fingerprint":"BB","state":"removed","since":null}]}""",
            "GET /api/v1/servers" => """
                {"group":{"servers":[{"name":"s","since":"2026-01-02T03:04:05Z","confirmed":4,"since_sync":"PT0.2599S","permission_left":null,"files_hash":null,"is_self":true,"is_awaited":false}],"revision":5,"longest_wait":"PT11.28S"}}
                """,
            _ => """{"version":"1","state_problem":"the disk\u001b is full"}""",
        });
        await using SocketConnection server = await fake.ConnectAsync();

        Assert.Equal(
            [new KeptClient("a", "AA", "", "disabled", "2026-01-02T03:04:05.500000"), new KeptClient("b", "", "BB", "removed", "")],
            await server.GetKeptAsync(Token));
        ServerGroup group = await server.GetServersAsync(Token);
        Assert.Equal((5UL, TimeSpan.FromSeconds(11.28)), (group.Revision, group.Wait));
        Assert.Equal(
            new SharingServer("s", "2026-01-02T03:04:05", 4, TimeSpan.FromMilliseconds(259), null, "", IsSelf: true, IsAwaited: false),
            Assert.Single(group.Servers));
        Assert.Equal("the disk\ufffd is full", await server.FindStateProblemAsync(Token));
    }
}
