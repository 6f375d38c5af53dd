using System.Net;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>A real nginx, set up as docs/web.md says, asks for passwords and names the users.</summary>
public sealed class NginxTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approve_ThroughNginx_IsInTheNameOfItsUserWhateverTheBrowserClaims()
    {
        var client = new TestClient("client");
        await using WebSite site = await StartAsync(client.StanzaWith("approval_delay = PT1H", "checker = true"));
        await using NginxProxy nginx = await NginxProxy.StartAsync(site.Socket);
        Task<PeerOutcome> fetch = client.FetchAsync(site.Server);
        JsonElement waiting = Assert.Single(await WaitAsync(nginx));

        using HttpResponseMessage response = await nginx.PostAsync(
            $"/api/v1/requests/{waiting.GetProperty("id").GetInt64()}/approve", NginxProxy.User, ("X-Remote-User", "mallory"), ("x_remote_user", "mallory"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(client.Secret, (await fetch).Secret);
        await site.Server.Log.WaitForAsync("INFO", $"surface=\"web\" user=\"{NginxProxy.User}\"");
    }

    [Fact]
    public async Task Anybody_WithoutAPasswordOrFromAnotherSite_IsRefused()
    {
        await using WebSite site = await StartAsync(new TestClient("client").StanzaWith("checker = true"));
        await using NginxProxy nginx = await NginxProxy.StartAsync(site.Socket);

        using HttpResponseMessage nobody = await nginx.PostAsync("/api/v1/clients/client/disable", null, ("X-Remote-User", NginxProxy.User));
        using HttpResponseMessage otherSite = await nginx.PostAsync("/api/v1/clients/client/disable", NginxProxy.User, ("Origin", "https://evil.example"));
        using HttpResponseMessage traversal = await nginx.PostAsync("/api/v1/clients/x/%2e%2e/client/disable", NginxProxy.User);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (nobody.StatusCode, otherSite.StatusCode));
        Assert.NotEqual(HttpStatusCode.InternalServerError, traversal.StatusCode);
        using HttpResponseMessage sameSite = await nginx.PostAsync("/api/v1/clients/client/disable", NginxProxy.User, ("Origin", $"https://{NginxProxy.HostName}"));
        Assert.Equal(HttpStatusCode.OK, sameSite.StatusCode);
    }

    [Fact]
    public async Task Events_ThroughNginx_ComeAtOnce()
    {
        await using WebSite site = await StartAsync(new TestClient("client").StanzaWith("checker = true"));
        await using NginxProxy nginx = await NginxProxy.StartAsync(site.Socket);
        using HttpRequestMessage request = nginx.Ask(HttpMethod.Get, "/api/v1/events", NginxProxy.User);
        using HttpResponseMessage response = await nginx.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
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

    private static Task<WebSite> StartAsync(string stanza) => WebSite.StartAsync([stanza], "trusted_user_header: X-Remote-User", $"hosts: {NginxProxy.HostName}");

    private static Task<string?> ReadAsync(StreamReader reader)
        => reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(Patience.Limit, TimeProvider.System, Cancellation);

    private static async Task<JsonElement[]> WaitAsync(NginxProxy nginx)
    {
        JsonElement[] requests = [];
        await Patience.UntilAsync("a request waits", async () =>
        {
            using HttpRequestMessage request = nginx.Ask(HttpMethod.Get, "/api/v1/requests", NginxProxy.User);
            using HttpResponseMessage response = await nginx.Http.SendAsync(request, Cancellation);
            using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            requests = [.. json.RootElement.GetProperty("requests").Clone().EnumerateArray()];
            return requests.Length > 0;
        });
        return requests;
    }
}
