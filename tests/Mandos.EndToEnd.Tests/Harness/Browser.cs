using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>
/// A real Chromium without windows, with a profile of its own, which chromedriver uses as a person does (W3C WebDriver): it scrolls to what it clicks, and
/// does not click what is hidden. Names other than localhost do not exist for it.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private const string ElementKey = "element-6066-11e4-a52e-4f735466cecf"; // WebDriver, section 12
    private const int Height = 740;

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http;
    private readonly Process _driver;
    private readonly bool _hasScripts;
    private string? _session;

    private Browser(bool hasScripts)
    {
        _hasScripts = hasScripts;
        string port = FreePort.Find().ToString(CultureInfo.InvariantCulture);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Patience.Limit };
        ProcessStartInfo start = Command.Describe("chromedriver", [$"--port={port}"]);
        foreach (string name in new[] { "HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME" })
        {
            start.Environment[name] = _directory.FullName;
        }

        // The same letters on each machine, and some on one that has no fonts at all.
        start.Environment["FONTCONFIG_FILE"] = _directory.Write("fonts.conf", $"""
            <fontconfig>
            <dir>{SecurityElement.Escape(Path.Combine(Repository.Peers, "usr/share/fonts"))}</dir>
            <cachedir>{SecurityElement.Escape(_directory.PathOf("fonts"))}</cachedir>
            <alias><family>monospace</family><prefer><family>Liberation Mono</family></prefer></alias>
            <match><edit name="family" mode="append_last"><string>Liberation Sans</string></edit></match>
            </fontconfig>
            """);
        _driver = Process.Start(start)!;
        _driver.StandardInput.Close();
        _driver.BeginOutputReadLine();
        _driver.BeginErrorReadLine();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one.</summary>
    /// <param name="width">Width of its screen, in CSS pixels; below 600 it is a phone.</param>
    /// <param name="trustedKey">The only key of a server that it trusts: base64 of the SHA-256 of its SubjectPublicKeyInfo; null for none.</param>
    /// <param name="scripts">Whether pages may run scripts.</param>
    /// <param name="dark">Whether its user prefers dark pages.</param>
    public static async Task<Browser> StartAsync(int width = 360, string? trustedKey = null, bool scripts = true, bool dark = false)
    {
        var browser = new Browser(scripts);
        try
        {
            await browser.BeginAsync(width, trustedKey);
            await browser.CommandAsync("Emulation.setScriptExecutionDisabled", new() { ["value"] = !scripts });
            await browser.CommandAsync("Emulation.setEmulatedMedia", new()
            {
                ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }),
            });
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Goes to an address, and waits until the page is loaded.</summary>
    public Task OpenAsync(Uri address) => SendAsync("url", new() { ["url"] = address.AbsoluteUri });

    /// <summary>Whether the page has an element.</summary>
    /// <param name="selector">CSS selector.</param>
    public async Task<bool> HasAsync(string selector) => await CountAsync(selector) > 0;

    /// <summary>How many such elements the page has.</summary>
    /// <param name="selector">CSS selector.</param>
    public async Task<int> CountAsync(string selector) => (await SendAsync("elements", Selector(selector))).GetArrayLength();

    /// <summary>The text that a person sees of the first such element; null if there is none.</summary>
    /// <param name="selector">CSS selector.</param>
    public async Task<string?> TextAsync(string selector)
    {
        string? text = null;
        bool isThere = await TryAsync(selector, async element => text = (await SendAsync($"element/{element}/text")).GetString());
        return isThere ? text : null;
    }

    /// <summary>Waits until an element is there and shows a text.</summary>
    /// <param name="selector">CSS selector.</param>
    /// <param name="text">Part of what it shows.</param>
    public async Task WaitForAsync(string selector, string text = "")
    {
        string? seen = null;
        try
        {
            await Patience.UntilAsync($"{selector} shows “{text}”", async ()
                => (seen = await TextAsync(selector))?.Contains(text, StringComparison.Ordinal) == true);
        }
        finally
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{selector}: {seen ?? "not there"}");
        }
    }

    /// <summary>Clicks an element as soon as it is there.</summary>
    /// <param name="selector">CSS selector.</param>
    public Task ClickAsync(string selector) => _hasScripts
        ? Patience.UntilAsync($"{selector} can be clicked", () => TryAsync(selector, element => SendAsync($"element/{element}/click", [])))
        : ClickWithoutScriptsAsync(selector);

    /// <summary>Types a text into an element.</summary>
    /// <param name="selector">CSS selector.</param>
    /// <param name="text">The text.</param>
    public Task TypeAsync(string selector, string text) => Patience.UntilAsync(
        $"{selector} can be typed into", () => TryAsync(selector, element => SendAsync($"element/{element}/value", new() { ["text"] = text })));

    /// <summary>Runs the body of a function in the page, also where the page may run none itself.</summary>
    /// <returns>What it returns.</returns>
    public Task<JsonElement> EvaluateAsync(string script) => SendAsync("execute/sync", new() { ["script"] = script, ["args"] = new JsonArray() });

    /// <summary>What the browser has said of faults in the pages since it was asked last: errors of scripts, what a policy forbade, what could not be loaded.</summary>
    public async Task<string[]> ComplaintsAsync()
        => [.. (await SendAsync("se/log", new() { ["type"] = "browser" })).EnumerateArray().Select(entry => entry.GetProperty("message").GetString()!)];

    /// <summary>A picture of the whole page.</summary>
    /// <returns>PNG.</returns>
    public async Task<byte[]> CaptureAsync()
        => (await CommandAsync("Page.captureScreenshot", new() { ["captureBeyondViewport"] = true, ["optimizeForSpeed"] = false })).GetProperty("data").GetBytesFromBase64();

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_session is not null)
            {
                using HttpResponseMessage _ = await _http.DeleteAsync(new Uri(_session, UriKind.Relative), CancellationToken.None);
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // It is killed below.
        }

        _driver.Kill(entireProcessTree: true);
        await _driver.WaitForExitAsync(CancellationToken.None);
        _driver.Dispose();
        _http.Dispose();
        _directory.Dispose();
    }

    private async Task BeginAsync(int width, string? trustedKey)
    {
        await Patience.UntilAsync("chromedriver listens", async () =>
        {
            Assert.False(_driver.HasExited, "chromedriver ended instead of listening");
            try
            {
                using HttpResponseMessage _ = await _http.GetAsync(new Uri("/status", UriKind.Relative), Cancellation);
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        string[] arguments =
        [
            "--no-sandbox", // it has none for root
            "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost",
            $"--user-data-dir={_directory.PathOf("profile")}", string.Create(CultureInfo.InvariantCulture, $"--window-size={width},{Height}"),
            .. trustedKey is null ? [] : (string[])[$"--ignore-certificate-errors-spki-list={trustedKey}"],
        ];
        JsonObject options = new()
        {
            ["binary"] = Path.Combine(Repository.Peers, "usr/lib/chromium/chromium-headless-shell"),
            ["args"] = new JsonArray([.. arguments.Select(argument => (JsonNode)argument)]),
        };
        if (width < 600)
        {
            options["mobileEmulation"] = new JsonObject
            {
                ["deviceMetrics"] = new JsonObject { ["width"] = width, ["height"] = Height, ["pixelRatio"] = 2, ["mobile"] = true, ["touch"] = true },
            };
        }

        JsonObject wanted = new()
        {
            ["browserName"] = "chrome-headless-shell",
            ["goog:chromeOptions"] = options,
            ["goog:loggingPrefs"] = new JsonObject { ["browser"] = "ALL" },
        };
        JsonElement session = await PostAsync("session", new() { ["capabilities"] = new JsonObject { ["alwaysMatch"] = wanted } });
        _session = $"session/{session.GetProperty("sessionId").GetString()}";
    }

    /// <summary>WebDriver's own click waits for a timer of the page, which has none where no scripts run.</summary>
    private async Task ClickWithoutScriptsAsync(string selector)
    {
        await WaitForAsync(selector);
        JsonElement place = await EvaluateAsync($$"""
            const element = document.querySelector({{JsonSerializer.Serialize(selector)}});
            element.scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
            """);
        foreach (string type in new[] { "mousePressed", "mouseReleased" })
        {
            await CommandAsync("Input.dispatchMouseEvent", new()
            {
                ["type"] = type, ["x"] = place[0].GetDouble(), ["y"] = place[1].GetDouble(), ["button"] = "left", ["clickCount"] = 1,
            });
        }
    }

    private static JsonObject Selector(string selector) => new() { ["using"] = "css selector", ["value"] = selector };

    /// <summary>Does something with an element.</summary>
    /// <returns>False if it is not there, or is not any more, or cannot be used now.</returns>
    private async Task<bool> TryAsync(string selector, Func<string, Task> use)
    {
        try
        {
            JsonElement element = await SendAsync("element", Selector(selector));
            await use(element.GetProperty(ElementKey).GetString()!);
            return true;
        }
        catch (BrowserException e) when (e.Code is "no such element" or "stale element reference" or "element not interactable" or "element click intercepted")
        {
            return false;
        }
    }

    /// <summary>A command of Chromium's own protocol.</summary>
    private Task<JsonElement> CommandAsync(string name, JsonObject parameters)
        => SendAsync("goog/cdp/execute", new() { ["cmd"] = name, ["params"] = parameters });

    private Task<JsonElement> SendAsync(string command, JsonObject? body = null) => PostAsync($"{_session}/{command}", body);

    private async Task<JsonElement> PostAsync(string path, JsonObject? body)
    {
        using var content = new StringContent(body?.ToJsonString() ?? "", new MediaTypeHeaderValue("application/json"));
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = body is null ? null : content,
        };
        using HttpResponseMessage response = await _http.SendAsync(request, Cancellation);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        JsonElement value = answer.RootElement.GetProperty("value");
        return response.IsSuccessStatusCode ? value.Clone()
            : throw new BrowserException(value.GetProperty("error").GetString()!, value.GetProperty("message").GetString()!.Split('\n')[0]);
    }
}
