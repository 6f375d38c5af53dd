using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>An administrator far from the server decides over the web which machine gets its secret.</summary>
public sealed class WebApprovalTests(ClientKeys keys)
{
    private const string Waits = "approval_delay = PT1H";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approve_StockClientThatWaits_GivesItItsPassword()
    {
        await using WebSite site = await WebSite.StartAsync([keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true")]);
        Task<CommandResult> fetch = keys.First.FetchAsync(site.Server.EndPoint);
        JsonElement request = Assert.Single(await site.WaitForRequestsAsync(1));
        Assert.Equal(("first", "::1", false), (
            request.GetProperty("client").GetString(), request.GetProperty("address").GetString(), request.GetProperty("shared_key_warning").GetBoolean()));
        Assert.False(fetch.IsCompleted);

        (int status, JsonElement result) = await site.PostAsync($"/api/v1/requests/{request.GetProperty("id").GetInt64()}/approve");

        Assert.Equal((200, true), (status, result.GetProperty("durable").GetBoolean()));
        Assert.Equal(keys.First.Password, (await fetch).Output);
        await site.Server.Log.WaitForAsync("INFO", $"surface=\"web\" user=\"uid {(Environment.IsPrivilegedProcess ? "0" : "")}");
        (status, result) = await site.PostAsync($"/api/v1/requests/{request.GetProperty("id").GetInt64()}/approve");
        Assert.Equal((404, "unknown_request"), (status, result.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Deny_ClientThatWaits_RefusesIt()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith(Waits, "checker = true")]);
        Task<PeerOutcome> fetch = client.FetchAsync(site.Server);
        JsonElement request = Assert.Single(await site.WaitForRequestsAsync(1));

        await site.PostAsync($"/api/v1/requests/{request.GetProperty("id").GetInt64()}/deny");

        Assert.Empty((await fetch).Secret);
        await site.Server.Log.WaitForAsync("WARNING", "Client client: refused its secret: Denied");
    }

    [Fact]
    public async Task Approve_OneOfTwoWithTheSameKey_ServesThatOneAlone()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith(Waits, "approved_by_default = False", "checker = true")]);
        var options = new PeerOptions(client.Key);
        Task<PeerOutcome> first = MandosPeer.FetchAsync(site.Server.EndPoint, options, Cancellation);
        await site.WaitForRequestsAsync(1);
        Task<PeerOutcome> second = MandosPeer.FetchAsync(site.Server.EndPoint, options, Cancellation);
        JsonElement[] requests = await site.WaitForRequestsAsync(2);

        await site.PostAsync($"/api/v1/requests/{requests[1].GetProperty("id").GetInt64()}/approve");

        Assert.Equal(client.Secret, (await second).Secret);
        Assert.False(first.IsCompleted);
        Assert.Equal(requests[0].GetProperty("id").GetInt64(), Assert.Single(await site.WaitForRequestsAsync(1)).GetProperty("id").GetInt64());
        await site.PostAsync("/api/v1/clients/client/disable");
        Assert.Empty((await first).Secret);
    }

    [Fact]
    public async Task Client_WithUnknownKey_IsRefusedAndDoesNotWait()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith(Waits, "checker = true")]);

        Assert.Empty((await new TestClient("stranger").FetchAsync(site.Server)).Secret);

        Assert.Empty((await site.GetAsync("/api/v1/requests")).GetProperty("requests").EnumerateArray());
    }

    [Fact]
    public async Task Secret_SetOverTheWeb_IsWhatTheClientGets()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith("checker = true")]);
        byte[] secret = [.. client.Secret.Reverse()];

        await site.PostAsync("/api/v1/clients/client/secret", new ByteArrayContent(secret) { Headers = { ContentType = new("application/octet-stream") } });

        await client.RequireSecretAsync(site.Server, secret);
    }

    [Fact]
    public async Task Disable_OverTheWeb_OutlastsAPowerCut()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith("checker = true")]);

        (int status, JsonElement result) = await site.PostAsync("/api/v1/clients/client/disable");
        Assert.Equal((200, true), (status, result.GetProperty("durable").GetBoolean()));
        await site.Server.KillAsync();
        await site.Server.StartAsync();

        await client.RequireRefusalAsync(site.Server);
        await site.Server.Log.WaitForAsync("INFO", $"At socket {site.Socket}", 2); // in place of the one that the dead server has left
        Assert.False((await site.GetAsync("/api/v1/clients/client")).GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task Stop_WithAnOpenStream_IsQuickAndInOrder()
    {
        await using WebSite site = await WebSite.StartAsync([]);
        using Stream events = await site.Http.GetStreamAsync(new Uri("/api/v1/events", UriKind.Relative), Cancellation);

        await site.Server.StopAsync();

        Assert.Equal(0, site.Server.Log.Count("ERROR", ""));
        Assert.False(File.Exists(site.Socket));
    }

    [Fact]
    public async Task Flood_OfConnectionsAndSlowBodies_CostsNoMachineItsSecret()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith("checker = true")]);
        List<Socket> flood = [];
        for (int i = 0; i < 400; i++)
        {
            Socket socket = await site.ConnectAsync(Cancellation);
            flood.Add(socket);
            try
            {
                await socket.SendAsync(
                    "POST /api/v1/clients/client/secret HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\nContent-Length: 9999\r\n\r\nx"u8.ToArray(),
                    Cancellation);
            }
            catch (SocketException)
            {
                // It is one too many, and was closed.
            }
        }

        await client.RequireSecretAsync(site.Server);

        flood.ForEach(socket => socket.Dispose());
        await client.RequireSecretAsync(site.Server);
        Assert.Equal(0, site.Server.Log.Count("ERROR", ""));
    }

    [Fact]
    public async Task Surface_ThatPluginsYamlDoesNotName_IsNotLoaded()
    {
        await using var server = new TestServer("--debug");
        await server.StartAsync();

        Assert.DoesNotContain(
            File.ReadLines($"/proc/{server.ProcessId}/maps"),
            line => line.Contains("WebControl", StringComparison.Ordinal) || line.Contains("AspNetCore", StringComparison.Ordinal));
        CommandResult list = await Command.RunAsync(server.Program, ["--list-plugins", "--configdir", server.ConfigDirectory]);
        Assert.Contains($"it is used only where {Path.Combine(server.ConfigDirectory, "plugins.yaml")} names it", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Socket_InADirectoryThatOthersCanWrite_IsRefusedAndSecretsFlow()
    {
        var client = new TestClient("client");
        await using var server = new TestServer("--debug");
        server.AddClient(client.StanzaWith("checker = true"));
        await WebSite.ChooseAsync(server);
        File.SetUnixFileMode(server.ScratchDirectory, (UnixFileMode)0x1FF);
        await server.StartAsync();

        await server.Log.WaitForAsync("ERROR", $"{server.ScratchDirectory} can be written by others than its owner, who could put something else there");
        await client.RequireSecretAsync(server);
        Assert.False(File.Exists(WebSite.SocketOf(server)));
    }

    [Fact]
    public async Task Socket_OfAnotherServerThatRuns_IsLeftToIt()
    {
        await using WebSite site = await WebSite.StartAsync([]);
        await using var second = new TestServer("--debug");
        await File.WriteAllTextAsync(
            Path.Combine(second.ConfigDirectory, "plugins.yaml"), $"plugins: {{WebControl: {{settings: {{socket: {site.Socket}}}}}}}", Cancellation);
        await second.StartAsync();

        await second.Log.WaitForAsync("ERROR", "another server listens there");
        await second.StopAsync();

        Assert.Equal(HttpStatusCode.OK, (await site.Http.GetAsync(new Uri("/api/v1/server", UriKind.Relative), Cancellation)).StatusCode);
    }
}
