using System.Net;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>A real nginx and a real Caddy, set up as docs/web.md says, ask for passwords and name the users.</summary>
public sealed class ProxyTests
{
    private const string Nginx = "nginx";
    private const string Caddy = "Caddy";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task Approve_ThroughAProxy_IsInTheNameOfItsUserWhateverTheBrowserClaims(string kind)
    {
        var client = new TestClient("client");
        await using WebSite site = await StartAsync(client.StanzaWith("approval_delay = PT1H", "checker = true"));
        await using ReverseProxy proxy = await StartAsync(kind, site);
        Task<PeerOutcome> fetch = client.FetchAsync(site.Server);
        JsonElement waiting = Assert.Single(await WaitAsync(proxy));

        using HttpResponseMessage response = await proxy.PostAsync(
            $"/api/v1/requests/{waiting.GetProperty("id").GetInt64()}/approve", ReverseProxy.User, ("X-Remote-User", "mallory"), ("x_remote_user", "mallory"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(client.Secret, (await fetch).Secret);
        await site.Server.Log.WaitForAsync("INFO", $"surface=\"web\" user=\"{ReverseProxy.User}\"");
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task Anybody_WithoutAPasswordOrFromAnotherSite_IsRefused(string kind)
    {
        await using WebSite site = await StartAsync(new TestClient("client").StanzaWith("checker = true"));
        await using ReverseProxy proxy = await StartAsync(kind, site);

        using HttpResponseMessage nobody = await proxy.PostAsync("/api/v1/clients/client/disable", null, ("X-Remote-User", ReverseProxy.User));
        using HttpResponseMessage otherSite = await proxy.PostAsync("/api/v1/clients/client/disable", ReverseProxy.User, ("Origin", "https://evil.example"));
        using HttpResponseMessage traversal = await proxy.PostAsync("/api/v1/clients/x/%2e%2e/client/disable", ReverseProxy.User);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (nobody.StatusCode, otherSite.StatusCode));
        Assert.NotEqual(HttpStatusCode.InternalServerError, traversal.StatusCode);
        using HttpResponseMessage sameSite = await proxy.PostAsync("/api/v1/clients/client/disable", ReverseProxy.User, ("Origin", $"https://{ReverseProxy.HostName}"));
        Assert.Equal(HttpStatusCode.OK, sameSite.StatusCode);
    }

    [Theory]
    [InlineData(Nginx)]
    [InlineData(Caddy)]
    public async Task Events_ThroughAProxy_ComeAtOnce(string kind)
    {
        await using WebSite site = await StartAsync(new TestClient("client").StanzaWith("checker = true"));
        await using ReverseProxy proxy = await StartAsync(kind, site);
        using HttpRequestMessage request = proxy.Ask(HttpMethod.Get, "/api/v1/events", ReverseProxy.User);
        using HttpResponseMessage response = await proxy.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        Assert.Equal("event: ready", await ReadAsync(reader));

        await site.PostAsync("/api/v1/clients/client/disable");

        string? line = "";
        while (line != "event: client_changed")
        {
            line = await ReadAsync(reader);
            Assert.NotNull(line);
        }
    }

    private static async Task<ReverseProxy> StartAsync(string kind, WebSite site)
        => kind == Nginx ? await NginxProxy.StartAsync(site.Socket) : await CaddyProxy.StartAsync(site.Socket);

    private static Task<WebSite> StartAsync(string stanza) => WebSite.StartAsync([stanza], "trusted_user_header: X-Remote-User", $"hosts: {ReverseProxy.HostName}");

    private static Task<string?> ReadAsync(StreamReader reader)
        => reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(Patience.Limit, TimeProvider.System, Cancellation);

    private static async Task<JsonElement[]> WaitAsync(ReverseProxy proxy)
    {
        JsonElement[] requests = [];
        await Patience.UntilAsync("a request waits", async () =>
        {
            using HttpRequestMessage request = proxy.Ask(HttpMethod.Get, "/api/v1/requests", ReverseProxy.User);
            using HttpResponseMessage response = await proxy.Http.SendAsync(request, Cancellation);
            using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            requests = [.. json.RootElement.GetProperty("requests").Clone().EnumerateArray()];
            return requests.Length > 0;
        });
        return requests;
    }
}
