using System.Globalization;
using System.Net;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>A person with a browser decides which machine gets its secret: on a phone, behind a proxy, and without JavaScript.</summary>
public sealed class BrowserTests(ClientKeys keys)
{
    private const string Waits = "approval_delay = PT1H";
    private const string UserHeader = "trusted_user_header: X-Remote-User";
    private const string Settled = "main:not([data-changed])"; // buttons do nothing for a moment when something has moved
    private const string Approve = $"{Settled} .card button.good";
    private const string UpToDate = "This page keeps itself up to date.";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approve_OnAPhoneThatSignedInWithAToken_StockClientGetsItsPassword()
    {
        HostKey key = new();
        int port = FreePort.Find();
        await using WebSite site = await WebSite.StartOnTcpAsync(key, port, keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true"));
        (int _, JsonElement token) = await site.PostJsonAsync("/api/v1/tokens", """{"name":"phone","scope":"approve"}""");
        await using Browser browser = await Browser.StartAsync(trustedKey: key.Pin);
        await browser.OpenAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{port}/")));
        await browser.TypeAsync("#token", "wrong");
        await browser.ClickAsync("#sign-in");
        await browser.WaitForAsync("#problem", "this is no token, or one that was revoked");
        Assert.Contains("401", Assert.Single(await browser.ComplaintsAsync(), message => message.Contains("sign-in", StringComparison.Ordinal)), StringComparison.Ordinal);
        await browser.TypeAsync("#token", token.GetProperty("token").GetString()!);
        await browser.ClickAsync("#sign-in");

        await ApproveAsync(browser, site, "token phone");

        (int status, JsonElement _) = await site.PostAsync("/api/v1/tokens/phone/revoke");
        Assert.Equal(200, status);
        await browser.OpenAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{port}/")));
        await browser.WaitForAsync("h1", "Sign in");
    }

    [Fact]
    public async Task Approve_BehindNginx_StockClientGetsItsPasswordAndTheNameIsKnown()
    {
        await using WebSite site = await WebSite.StartAsync([keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy);

        await ApproveAsync(browser, site, ReverseProxy.User);
    }

    [Fact]
    public async Task Approve_WithoutScripts_StockClientGetsItsPassword()
    {
        await using WebSite site = await WebSite.StartAsync([keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy, scripts: false);
        await browser.WaitForAsync("#nobody");
        Task<CommandResult> fetch = keys.First.FetchAsync(site.Server.EndPoint);
        await site.WaitForRequestsAsync(1);
        Assert.True(await browser.HasAsync("#nobody"));

        await browser.OpenAsync(proxy.Address);
        await browser.WaitForAsync(".card h2", "first");
        Assert.False(fetch.IsCompleted);
        await browser.ClickAsync(Approve);

        Assert.Equal(keys.First.Password, (await fetch).Output);
        await browser.WaitForAsync("#nobody");
        Assert.Equal("", await browser.TextAsync("#live")); // where a script would have said something
    }

    [Fact]
    public async Task Deny_OnAPhone_ClientIsRefused()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith(Waits, "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy);
        await browser.WaitForAsync("#live", UpToDate);
        Task<PeerOutcome> fetch = client.FetchAsync(site.Server);

        await browser.ClickAsync($"{Settled} .card button.bad");

        Assert.Empty((await fetch).Secret);
        await browser.WaitForAsync("#nobody");
        await RequireDecisionAsync(browser, proxy.Address, "client", $"refused: a person denied it, decided by {ReverseProxy.User}");
    }

    [Fact]
    public async Task Request_ThatNobodyDecides_LeavesThePageByItself()
    {
        var client = new TestClient("client");
        await using WebSite site = await WebSite.StartAsync([client.StanzaWith("approval_delay = PT3S", "approved_by_default = False", "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy);
        await browser.WaitForAsync("#live", UpToDate);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<int> asking = AskAsync(client, site.Server, end.Token); // again and again, since a busy machine may show one too late
        await browser.WaitForAsync(".card", "then it is denied");

        await end.CancelAsync();
        Assert.Equal(0, await asking);

        await browser.WaitForAsync("#nobody");
        await RequireDecisionAsync(browser, proxy.Address, "client", "refused: nobody approved it in time");
    }

    [Fact]
    public async Task Approve_OneOfTwoWithTheSameKey_ServesThatOneAlone()
    {
        await using NetworkLink link = await NetworkLink.CreateAsync();
        var server = new TestServer("--debug") { EndPoint = new(IPAddress.IPv6Any, FreePort.Find()), NetworkNamespace = link.ServerNamespace };
        await using WebSite site = await WebSite.StartAsync(
            server, [keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy);
        await browser.WaitForAsync("#live", UpToDate);
        Task<CommandResult> own = keys.First.FetchAsync(new(link.ServerAddress, server.EndPoint.Port), NetworkLink.Interface, link.ClientNamespace);
        await browser.WaitForAsync(".card", "fe80:");
        Assert.False(await browser.HasAsync(".card .warning"));
        Task<CommandResult> copy = keys.First.FetchAsync(new(IPAddress.IPv6Loopback, server.EndPoint.Port), "lo", link.ServerNamespace);

        await browser.WaitForAsync(".card:nth-of-type(2)", "::1");
        await browser.WaitForAsync(".card:nth-of-type(1) .warning", "Two machines hold this key");
        await browser.WaitForAsync(".card:nth-of-type(2) .warning", "Two machines hold this key");
        Assert.Contains(NetworkLink.Interface, await browser.TextAsync(".card:nth-of-type(1)"), StringComparison.Ordinal);
        await RequireFitsAsync(browser);
        await browser.ClickAsync($"{Settled} .card:nth-of-type(1) button.good");

        Assert.Equal(keys.First.Password, (await own).Output);
        await Patience.UntilAsync("one is left", async () => await browser.CountAsync(".card") == 1);
        await browser.WaitForAsync(".card", "::1");
        Assert.False(await browser.HasAsync(".card .warning"));
        Assert.False(copy.IsCompleted);
        Assert.Single(await site.WaitForRequestsAsync(1));
        await browser.ClickAsync(Approve); // so that it ends
        Assert.Equal(keys.First.Password, (await copy).Output);
    }

    [Fact]
    public async Task Press_WhenThePageHasJustMoved_DoesNothing()
    {
        await using WebSite site = await WebSite.StartAsync([keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy);
        await browser.WaitForAsync("#live", UpToDate);
        await browser.EvaluateAsync("""
            const main = document.querySelector('main');
            new MutationObserver(() => window.hasMoved ||= 'changed' in main.dataset).observe(main, { attributes: true });
            """);
        Task<CommandResult> fetch = keys.First.FetchAsync(site.Server.EndPoint);
        await browser.WaitForAsync($"{Settled} .card h2", "first");
        Assert.Equal(JsonValueKind.True, (await browser.EvaluateAsync("return window.hasMoved")).ValueKind);

        JsonElement said = await browser.EvaluateAsync("""
            const main = document.querySelector('main');
            main.dataset.changed = ''; // as for a moment after each move
            document.querySelector('.card button.good').click();
            delete main.dataset.changed;
            return document.getElementById('live').textContent;
            """);
        Assert.Contains("The page has just changed", said.GetString(), StringComparison.Ordinal);
        Assert.Single(await site.WaitForRequestsAsync(1));
        Assert.False(fetch.IsCompleted);
        await browser.ClickAsync(Approve);

        Assert.Equal(keys.First.Password, (await fetch).Output);
    }

    [Fact]
    public async Task Page_WhoseServerStartsAgain_FindsIt()
    {
        await using WebSite site = await WebSite.StartAsync([keys.First.StanzaWith(Waits, "approved_by_default = False", "checker = true")], UserHeader);
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);
        await using Browser browser = await OpenAsync(proxy);
        await browser.WaitForAsync("#live", UpToDate);

        await site.Server.StopAsync();
        await browser.WaitForAsync("#live", "The server does not answer");
        await site.Server.StartAsync();
        await browser.WaitForAsync("#live", UpToDate);
        Task<CommandResult> fetch = keys.First.FetchAsync(site.Server.EndPoint);
        await browser.ClickAsync(Approve);

        Assert.Equal(keys.First.Password, (await fetch).Output);
    }

    /// <summary>The page is open; a machine begins to wait, appears, is approved, and goes.</summary>
    private async Task ApproveAsync(Browser browser, WebSite site, string user)
    {
        await browser.WaitForAsync("#nobody");
        await browser.WaitForAsync("#live", UpToDate);
        await browser.EvaluateAsync("window.wasHere = true");
        Task<CommandResult> fetch = keys.First.FetchAsync(site.Server.EndPoint);

        await browser.WaitForAsync(".card h2", "first");
        Assert.Equal(JsonValueKind.True, (await browser.EvaluateAsync("return window.wasHere")).ValueKind); // nobody has loaded it again
        Assert.False(fetch.IsCompleted);
        await RequireFitsAsync(browser);
        await browser.ClickAsync(Approve);

        Assert.Equal(keys.First.Password, (await fetch).Output);
        await browser.WaitForAsync("#nobody");
        await site.Server.Log.WaitForAsync("INFO", $"surface=\"web\" user=\"{user}\"");
        await RequireDecisionAsync(browser, new Uri((await browser.EvaluateAsync("return location.href")).GetString()!), "first", $"got its secret, decided by {user}");
        Assert.Empty(await browser.ComplaintsAsync());
    }

    private static async Task RequireDecisionAsync(Browser browser, Uri address, string client, string outcome)
    {
        await browser.OpenAsync(new Uri(address, "/decisions"));
        await browser.WaitForAsync("#decisions tbody tr", outcome);
        await browser.WaitForAsync("#decisions tbody tr th", client);
    }

    /// <summary>Nothing sticks out to the right, where a person would have to scroll to it.</summary>
    private static async Task RequireFitsAsync(Browser browser)
        => Assert.Equal("360 of 360", (await browser.EvaluateAsync("return document.documentElement.scrollWidth + ' of ' + innerWidth")).GetString());

    private static async Task<Browser> OpenAsync(ReverseProxy proxy, bool scripts = true)
    {
        Browser browser = await Browser.StartAsync(trustedKey: proxy.HostKey.Pin, scripts: scripts);
        await browser.OpenAsync(proxy.AddressToSignIn);
        await browser.OpenAsync(proxy.Address);
        return browser;
    }

    /// <summary>Asks for the secret until cancelled, and then to the end of the last time.</summary>
    /// <returns>How many bytes of secrets it got.</returns>
    private static async Task<int> AskAsync(TestClient client, TestServer server, CancellationToken cancellationToken)
    {
        int bytes = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            bytes += (await client.FetchAsync(server)).Secret.Length;
        }

        return bytes;
    }
}
