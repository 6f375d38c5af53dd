using System.Globalization;
using System.Net;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>
/// Each page can be read and used on a phone and on a desk, light and dark: nothing sticks out, what is pressed is large enough, and texts stand out from
/// what is behind them. <c>tests/screenshots</c> keeps what it sees.
/// </summary>
public sealed class PageLayoutTests(ClientKeys keys)
{
    private const string Check = "checker = true";
    private const string ShakyCheck = "checker = test $(od -An -N1 -tu1 /dev/urandom) -gt 60";

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10); // a machine waits while all is looked at
    private static readonly string? _pictures = Environment.GetEnvironmentVariable("MANDOS_SCREENSHOTS");

    private static readonly (string Page, string Path, string Sign)[] _pages =
    [
        ("waiting", "/", ".card:nth-of-type(3)"),
        ("clients", "/clients", "#clients tbody tr"),
        ("client", "/clients/db2.example.org", "#timeline rect"),
        ("decisions", "/decisions", "#decisions tbody tr:nth-of-type(3)"),
        ("server", "/server", "#plugins tbody tr"),
        ("problem", "/nothing", "#problem"),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_OnAnyScreen_AreReadableAndFit()
    {
        await using NetworkLink link = await NetworkLink.CreateAsync();
        IPAddress first = await link.AddCableAsync("lan1"), second = await link.AddCableAsync("lan2");
        var server = new TestServer("--debug") { EndPoint = new(IPAddress.IPv6Any, FreePort.Find()), NetworkNamespace = link.ServerNamespace };
        await using WebSite site = await WebSite.StartAsync(server, Clients(), "trusted_user_header: X-Remote-User");
        await using NginxProxy proxy = await NginxProxy.StartAsync(site.Socket);

        // One got its secret; one was denied, and asks again; one was too late, and asks again; and another has the key of that.
        Task<CommandResult> mail = FetchAsync(keys.Second, first, "lan1");
        await DecideAsync(site, "mail.example.org", "approve");
        Assert.Equal(keys.Second.Password, (await mail).Output);
        mail = FetchAsync(keys.Second, first, "lan1");
        await DecideAsync(site, "mail.example.org", "deny");
        await site.PostJsonAsync("/api/v1/clients/backup.example.org/settings", """{"approval_delay":"PT1S"}""");
        Task<CommandResult> backup = FetchAsync(keys.First, first, "lan1");
        await server.Log.WaitForAsync("WARNING", "Client backup.example.org: refused its secret: ApprovalTimedOut");
        await site.PostJsonAsync("/api/v1/clients/backup.example.org/settings", """{"approval_delay":"PT1H"}""");
        await site.WaitForRequestsAsync(2);
        Task<CommandResult> copy = FetchAsync(keys.First, second, "lan2");
        JsonElement[] waiting = await site.WaitForRequestsAsync(3);

        foreach ((int width, bool dark) in new[] { (360, false), (360, true), (1280, false), (1280, true) })
        {
            await using Browser browser = await Browser.StartAsync(width, proxy.HostKey.Pin, dark: dark);
            await browser.OpenAsync(proxy.AddressToSignIn);
            foreach ((string page, string path, string sign) in _pages)
            {
                await browser.OpenAsync(new Uri(proxy.Address, path));
                await browser.WaitForAsync(sign);
                await InspectAsync(browser, page, width, dark);
            }
        }

        foreach (JsonElement request in waiting)
        {
            await site.PostAsync($"/api/v1/requests/{request.GetProperty("id").GetInt64()}/approve");
        }

        Assert.Equal((keys.First.Password, keys.First.Password, keys.Second.Password), ((await backup).Output, (await copy).Output, (await mail).Output));

        Task<CommandResult> FetchAsync(StockClient client, IPAddress address, string cable)
            => client.FetchAsync(new(address, server.EndPoint.Port), cable, link.ClientNamespace, patience: _patience);
    }

    [Fact]
    public async Task SignIn_OnAnyScreen_IsReadableAndFits()
    {
        HostKey key = new();
        int port = FreePort.Find();
        await using WebSite site = await WebSite.StartOnTcpAsync(key, port);
        foreach ((int width, bool dark) in new[] { (360, false), (360, true), (1280, false), (1280, true) })
        {
            await using Browser browser = await Browser.StartAsync(width, key.Pin, dark: dark);
            await browser.OpenAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{port}/sign-in")));
            await browser.WaitForAsync("h1", "Sign in");
            await InspectAsync(browser, "sign-in", width, dark);
        }
    }

    [Fact]
    public async Task Link_OnAnyScreen_IsReadableAndFits()
    {
        HostKey key = new();
        int port = FreePort.Find();
        await using var messages = new WebTarget();
        await using var server = new TestServer("--debug");
        (string certificateFile, string keyFile) = key.Write(server.ConfigDirectory);
        await WebSite.ChooseAsync(
            server, string.Create(CultureInfo.InvariantCulture, $"listen: 127.0.0.1:{port}"), $"tls_certificate: {certificateFile}", $"tls_key: {keyFile}");
        await File.AppendAllTextAsync(Path.Combine(server.ConfigDirectory, "plugins.yaml"), string.Create(CultureInfo.InvariantCulture, $$"""
              Notify:
                settings:
                  link_url: https://localhost:{{port}}/link
                  gotify:
                    phone:
                      url: {{messages.Url}}
                      token_file: {{server.ScratchDirectory}}/token
                      events: need_approval

            """), Cancellation);
        await File.WriteAllTextAsync(Path.Combine(server.ScratchDirectory, "token"), "token\n", Cancellation);
        server.AddClient(Stock(keys.First, "backup.example.org", "Rack 3 in the cellar"));
        await server.StartAsync();
        await server.Log.WaitForAsync("INFO", $"At socket {WebSite.SocketOf(server)}");
        Task<CommandResult> backup = keys.First.FetchAsync(server.EndPoint, patience: _patience);
        await Patience.UntilAsync("a message with a link", () => messages.Requests.Count > 0);
        string text = (string)messages.Requests[0].Json["message"]!;
        var link = new Uri(text[text.IndexOf("https://", StringComparison.Ordinal)..].Split([' ', '\n', ')'])[0]);

        foreach ((int width, bool dark) in new[] { (360, false), (360, true), (1280, false), (1280, true) })
        {
            await using Browser browser = await Browser.StartAsync(width, key.Pin, dark: dark);
            await browser.OpenAsync(link);
            await browser.WaitForAsync("#decide");
            await InspectAsync(browser, "link", width, dark);
            if (width > 360 && dark)
            {
                await browser.ClickAsync("#decide");
                await browser.WaitForAsync("#done");
            }
        }

        Assert.Equal(keys.First.Password, (await backup).Output);
    }

    private IEnumerable<string> Clients()
    {
        yield return Stock(keys.First, "backup.example.org", "Rack 3 in the cellar");
        yield return Stock(keys.Second, "mail.example.org", "Data centre, row 7");
        foreach ((string name, string[] options) in new[]
        {
            ("branch-office.example.org", (string[])[Check, "location = Hamburg, second floor", "approval_delay = PT5M"]),
            ("build-arm64", ["checker = false", "interval = PT1S", "timeout = PT2H"]),
            ("db1.example.org", [Check, "interval = PT1S"]),
            ("db2.example.org", [ShakyCheck, "interval = PT1S", "location = Rack 4 in the cellar", "approval_delay = PT15M"]),
            ("laptop-of-bert", ["enabled = False"]),
            ("nas", [Check]),
            ("web1.example.org", [Check, "interval = PT2S"]),
            ("web2.example.org", [Check, "interval = PT2S"]),
        })
        {
            yield return new TestClient(name).StanzaWith([$"host = {name}", .. options]);
        }
    }

    private static string Stock(StockClient client, string name, string location)
        => client.StanzaWith("approval_delay = PT1H", "approved_by_default = False", Check, $"location = {location}")
            .Replace($"[{client.Name}]", $"[{name}]", StringComparison.Ordinal)
            .Replace($"host = {client.Name}", $"host = {name}", StringComparison.Ordinal);

    private static async Task DecideAsync(WebSite site, string client, string verb)
    {
        JsonElement request = Assert.Single(await site.WaitForRequestsAsync(1));
        Assert.Equal(client, request.GetProperty("client").GetString());
        await site.PostAsync($"/api/v1/requests/{request.GetProperty("id").GetInt64()}/{verb}");
    }

    private static async Task InspectAsync(Browser browser, string page, int width, bool dark)
    {
        string name = $"{page}-{(width < 600 ? "narrow" : "wide")}-{(dark ? "dark" : "light")}";
        await browser.WaitForAsync("main:not([data-changed])");
        if (_pictures is not null)
        {
            Directory.CreateDirectory(_pictures);
            await File.WriteAllBytesAsync(Path.Combine(_pictures, $"{name}.png"), await browser.CaptureAsync(), Cancellation);
        }

        JsonElement faults = await browser.EvaluateAsync("""
            const faults = [];
            const visible = element => element.getClientRects().length > 0 && element.getBoundingClientRect().right > 0;
            const nameOf = element => `${element.tagName} “${element.textContent.trim().slice(0, 30)}”`;
            if (document.documentElement.scrollWidth > innerWidth) {
                faults.push(`the page is ${document.documentElement.scrollWidth} wide, the screen ${innerWidth}`);
            }

            for (const element of document.querySelectorAll('button, input:not([type=hidden]), select, nav a')) {
                if (visible(element) && element.getBoundingClientRect().height < 43.5) { // WCAG 2.2, 2.5.5: 44
                    faults.push(`${nameOf(element)} is ${element.getBoundingClientRect().height} high`);
                }
            }

            const partsOf = color => color.match(/[\d.]+/g).map(Number);
            const backOf = element => {
                for (; element; element = element.parentElement) {
                    const color = partsOf(getComputedStyle(element).backgroundColor);
                    if (color.length < 4 || color[3] > 0) {
                        return color;
                    }
                }

                return [255, 255, 255];
            };
            const luminance = color => {
                const [r, g, b] = color.slice(0, 3).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            for (const element of document.querySelectorAll('body *')) {
                if (visible(element) && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) {
                    const [x, y] = [partsOf(getComputedStyle(element).color), backOf(element)].map(luminance).sort((a, b) => b - a);
                    const contrast = (x + 0.05) / (y + 0.05);
                    if (contrast < 4.5) { // WCAG 2.2, 1.4.3
                        faults.push(`${nameOf(element)} has a contrast of ${contrast}`);
                    }
                }
            }

            return faults;
            """);
        Assert.Equal("", string.Join('\n', faults.EnumerateArray().Select(fault => $"{name}: {fault.GetString()}")));
    }
}
