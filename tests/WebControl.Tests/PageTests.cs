using System.Net;
using System.Xml.Linq;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.WebControl.Settings;
using WebControl.Tests.Support;

namespace WebControl.Tests;

/// <summary>People look at pages and press buttons, with no script.</summary>
public sealed class PageTests
{
    private const string Evil = "<script>alert(1)</script>\"' &amp; \u202e";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/clients")]
    [InlineData("/clients?q=%3Cscript%3E&state=%22%3E&sort=%3Cb%3E")]
    [InlineData("/decisions")]
    [InlineData("/server")]
    [InlineData("CLIENT")]
    public async Task Page_WithHostileNames_HasNoMarkupOfTheirs(string path)
    {
        ClientSnapshot client = Named(Evil) with
        {
            Requests = [new(7, new(IPAddress.Loopback, 4000), new string('A', 64), DateTimeOffset.UnixEpoch)],
            Settings = new ClientSettings { KeyId = new string('A', 64), Host = Evil, Location = Evil, Checker = Evil, ApprovalDelay = TimeSpan.MaxValue },
        };
        await using Rig rig = await Rig.StartAsync([client]);

        string html = await GetAsync(rig, path == "CLIENT" ? $"/clients/{Uri.EscapeDataString(Evil)}" : path);

        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", html, StringComparison.Ordinal);
        Parse(html); // every text ended where it should
    }

    [Fact]
    public async Task Waiting_TwoRequestsOfOneKey_AreTwoWithAWarningAndButtonsOfTheirOwn()
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1"), Request(8, "192.0.2.2")] }]);

        XElement page = Parse(await GetAsync(rig, "/"));

        Assert.Equal(
            ["/requests/7/approve", "/requests/7/deny", "/requests/8/approve", "/requests/8/deny"],
            page.Descendants("form").Select(form => form.Attribute("action")!.Value));
        Assert.Equal(2, page.Descendants("p").Count(p => p.Value.Contains("Two machines hold this key", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Waiting_OneRequest_HasNoWarning()
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1")] }]);

        Assert.DoesNotContain("Two machines", await GetAsync(rig, "/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_AllMachines_ArePagesThatABrowserCanShow()
    {
        await using Rig rig = await Rig.StartAsync(
            Enumerable.Range(1, 3000).Select(i => Named($"m{i}") with { Requests = [Request(i, "192.0.2.1")], ApprovalsPending = 1 }));

        XElement page = Parse(await GetAsync(rig, "/"));
        XElement one = Parse(await GetAsync(rig, "/?client=m2999"));

        Assert.Equal(100, page.Descendants("li").Count(item => item.Attribute("class")?.Value == "card"));
        Assert.Contains("2900 more wait", page.Descendants("p").Single(p => p.Attribute("id")?.Value == "more").Value, StringComparison.Ordinal);
        Assert.Equal(["request-2999"], one.Descendants("li").Where(item => item.Attribute("class")?.Value == "card").Select(item => item.Attribute("id")!.Value));
    }

    [Fact]
    public async Task Decision_ThatFailed_IsNobodys()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        using HttpResponseMessage early = await rig.Http.PostAsync(new Uri("/requests/7/approve", UriKind.Relative), null, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, early.StatusCode);

        ClientSnapshot client = rig.Server.Update("one", client => client with { Requests = [Request(7, "192.0.2.1")] });
        await rig.Server.SubscribedAsync(Cancellation);
        rig.Server.Publish(new Rejected(client, Request(7, "192.0.2.1"), RejectionReason.Denied)); // by somebody on D-Bus
        string html = "";
        while (!html.Contains("192.0.2.1", StringComparison.Ordinal))
        {
            html = await GetAsync(rig, "/decisions");
        }

        Assert.DoesNotContain("decided by", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/requests/7/deny")]
    [InlineData("/clients/one/deny")]
    [InlineData("/api/v1/requests/7/deny")]
    [InlineData("/api/v1/clients/one/deny")]
    public async Task Decision_GivenAnywhere_IsThatOfItsPerson(string path)
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1")] }], (WebSettings.TrustedUserHeaderName, "X-User"));
        await rig.Server.SubscribedAsync(Cancellation);
        using var command = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Headers = { { "X-User", "alice" } } };
        using HttpResponseMessage response = await rig.Http.SendAsync(command, Cancellation);

        rig.Server.Publish(new Rejected((await rig.Server.GetClientAsync("one", Cancellation))!, Request(7, "192.0.2.1"), RejectionReason.Denied));
        string html = "";
        while (!html.Contains("192.0.2.1", StringComparison.Ordinal))
        {
            html = await GetAsync(rig, "/decisions");
        }

        Assert.Contains("decided by <bdi>alice</bdi>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Button_OfARequest_DecidesItAndGoesBack()
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1")] }]);

        using HttpResponseMessage response = await rig.Http.PostAsync(new Uri("/requests/7/deny", UriKind.Relative), null, Cancellation);

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (response.StatusCode, response.Headers.Location!.ToString()));
        Assert.Equal([(7L, false)], rig.Server.Decisions);
    }

    [Fact]
    public async Task Button_OfAClientThatIsGone_DoesNotMeetTheNextOfItsName()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        XElement page = Parse(await GetAsync(rig, "/clients/one"));
        string disable = page.Descendants("form").Select(form => form.Attribute("action")!.Value).Single(action => action.Contains("/disable", StringComparison.Ordinal));
        await rig.Server.RemoveAsync("one", new("test"), Cancellation);
        rig.Server.Add(Named("one"));

        using HttpResponseMessage response = await rig.Http.PostAsync(new Uri(disable, UriKind.Relative), null, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.True((await rig.Server.GetClientAsync("one", Cancellation))!.Enabled);
    }

    [Fact]
    public async Task Command_NotSaved_IsToldOnThePage()
    {
        await using Rig rig = await Rig.StartAsync([Named("one")]);
        rig.Server.SaveProblem = "the disk is <full>";

        using HttpResponseMessage response = await rig.Http.PostAsync(new Uri("/clients/one/disable", UriKind.Relative), null, Cancellation);

        Assert.Contains("the disk is &lt;full&gt;", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_Opened_ShowsAndChangesNothing()
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1")] }]);
        string path = $"/link/{rig.Server.Links.Make(7, approved: true)}";

        XElement page = Parse(await GetAsync(rig, path));

        Assert.Equal([path], page.Descendants("form").Select(form => form.Attribute("action")!.Value));
        Assert.Contains("192.0.2.1", page.Value, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Sources);
    }

    [Fact]
    public async Task Link_Used_DecidesOnce()
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1"), Request(8, "192.0.2.2")] }]);
        var link = new Uri($"/link/{rig.Server.Links.Make(8, approved: true)}", UriKind.Relative);

        using HttpResponseMessage first = await rig.Http.PostAsync(link, null, Cancellation);
        rig.Server.Update("one", client => client with { Requests = [Request(7, "192.0.2.1")] });
        using HttpResponseMessage again = await rig.Http.PostAsync(link, null, Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (first.StatusCode, again.StatusCode));
        Assert.Equal([(8L, true)], rig.Server.Decisions);
        Assert.Contains("link", Assert.Single(rig.Server.Sources).User, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_MadeUp_LeadsNowhere()
    {
        await using Rig rig = await Rig.StartAsync([Named("one") with { Requests = [Request(7, "192.0.2.1")] }]);
        string good = rig.Server.Links.Make(7, approved: false), other = new Mandos.Abstractions.Control.RequestLinks().Make(7, approved: true);
        string changed = good[..5] + (good[5] == 'A' ? 'B' : 'A') + good[6..];

        foreach (string token in (string[])[other, changed, "x", new string('A', good.Length), good + "A"])
        {
            using HttpResponseMessage response = await rig.Http.PostAsync(new Uri($"/link/{token}", UriKind.Relative), null, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.Empty(rig.Server.Sources);
    }

    [Theory]
    [InlineData("", "c000", "c049", true)]
    [InlineData("?page=3", "c100", "c119", false)]
    [InlineData("?q=C01", "c010", "c019", false)]
    [InlineData("?state=disabled", "c000", "c117", false)]
    public async Task Clients_ByPageAndFilter_AreThose(string query, string first, string last, bool hasNext)
    {
        await using Rig rig = await Rig.StartAsync(Enumerable.Range(0, 120).Select(i => Named($"c{i:000}") with { Enabled = i % 3 != 0 }));

        XElement page = Parse(await GetAsync(rig, $"/clients{query}"));

        string[] names = [.. page.Descendants("bdi").Where(bdi => bdi.Attribute("class") is not null).Select(bdi => bdi.Value)];
        Assert.Equal((first, last), (names[0], names[^1]));
        Assert.Equal(hasNext, page.Descendants("a").Any(a => a.Attribute("id")?.Value == "next"));
    }

    [Fact]
    public async Task Answers_ForBrowsers_ForbidWhatTheyNeedNot()
    {
        await using Rig rig = await Rig.StartAsync([]);

        using HttpResponseMessage response = await rig.Http.GetAsync(new Uri("/", UriKind.Relative), Cancellation);

        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.False(response.Headers.Contains("Server"));
        string html = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.All(Parse(html).Descendants(), element => Assert.DoesNotContain(
            element.Attributes(), attribute => attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || attribute.Name.LocalName == "style"));
    }

    [Fact]
    public async Task Unknown_Address_IsToldAsThePersonOrProgramNeedsIt()
    {
        await using Rig rig = await Rig.StartAsync([]);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/nowhere", UriKind.Relative)) { Headers = { Accept = { new("text/html") } } };

        using HttpResponseMessage page = await rig.Http.SendAsync(request, Cancellation);
        (int status, _) = await rig.GetAsync("/nowhere");

        Assert.Equal((HttpStatusCode.NotFound, "text/html", 404), (page.StatusCode, page.Content.Headers.ContentType!.MediaType, status));
    }

    private static Task<string> GetAsync(Rig rig, string path) => rig.Http.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation);

    /// <summary>The pages are well-formed enough for XML, once what HTML leaves open is closed.</summary>
    private static XElement Parse(string html)
    {
        string xml = System.Text.RegularExpressions.Regex.Replace(html.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<(meta|link|input)([^>]*)>", "<$1$2/>");
        xml = System.Text.RegularExpressions.Regex.Replace(xml, @"<(\w+)([^>]*?)\s(defer|required|selected|reversed)(?=[\s>])", "<$1$2 $3=\"\"");
        return XDocument.Parse(xml).Root!;
    }

    private static SecretRequest Request(long id, string address) => new(id, new(IPAddress.Parse(address), 4000), new string('A', 64), DateTimeOffset.UnixEpoch);

    private static ClientSnapshot Named(string name) => new()
    {
        Name = name, Settings = new ClientSettings { KeyId = new string('A', 64) }, Created = DateTimeOffset.UnixEpoch, Enabled = true,
    };
}
