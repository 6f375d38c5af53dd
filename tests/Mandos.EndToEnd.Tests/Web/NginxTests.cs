using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Peers;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>A real nginx, set up as docs/web.md says, asks for passwords and names the users.</summary>
public sealed class NginxTests
{
    private const string HostName = "mandos.example.org";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Approve_ThroughNginx_IsInTheNameOfItsUserWhateverTheBrowserClaims()
    {
        var client = new TestClient("client");
        await using WebSite site = await StartAsync(client.StanzaWith("approval_delay = PT1H", "checker = true"));
        using var files = new TemporaryDirectory();
        await using Nginx nginx = await Nginx.StartAsync(files, site.Socket);
        Task<PeerOutcome> fetch = client.FetchAsync(site.Server);
        JsonElement waiting = Assert.Single(await WaitAsync(nginx));

        using HttpResponseMessage response = await nginx.PostAsync(
            $"/api/v1/requests/{waiting.GetProperty("id").GetInt64()}/approve", "alice:secret", ("X-Remote-User", "mallory"), ("x_remote_user", "mallory"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(client.Secret, (await fetch).Secret);
        await site.Server.Log.WaitForAsync("INFO", "surface=\"web\" user=\"alice\"");
    }

    [Fact]
    public async Task Anybody_WithoutAPasswordOrFromAnotherSite_IsRefused()
    {
        await using WebSite site = await StartAsync(new TestClient("client").StanzaWith("checker = true"));
        using var files = new TemporaryDirectory();
        await using Nginx nginx = await Nginx.StartAsync(files, site.Socket);

        using HttpResponseMessage nobody = await nginx.PostAsync("/api/v1/clients/client/disable", null, ("X-Remote-User", "alice"));
        using HttpResponseMessage otherSite = await nginx.PostAsync("/api/v1/clients/client/disable", "alice:secret", ("Origin", "https://evil.example"));
        using HttpResponseMessage traversal = await nginx.PostAsync("/api/v1/clients/x/%2e%2e/client/disable", "alice:secret");

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden), (nobody.StatusCode, otherSite.StatusCode));
        Assert.NotEqual(HttpStatusCode.InternalServerError, traversal.StatusCode);
        using HttpResponseMessage sameSite = await nginx.PostAsync("/api/v1/clients/client/disable", "alice:secret", ("Origin", $"http://{HostName}"));
        Assert.Equal(HttpStatusCode.OK, sameSite.StatusCode);
    }

    [Fact]
    public async Task Events_ThroughNginx_ComeAtOnce()
    {
        await using WebSite site = await StartAsync(new TestClient("client").StanzaWith("checker = true"));
        using var files = new TemporaryDirectory();
        await using Nginx nginx = await Nginx.StartAsync(files, site.Socket);
        using HttpRequestMessage request = Nginx.Ask(HttpMethod.Get, "/api/v1/events", "alice:secret");
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

    private static Task<WebSite> StartAsync(string stanza) => WebSite.StartAsync([stanza], "trusted_user_header: X-Remote-User", $"hosts: {HostName}");

    private static Task<string?> ReadAsync(StreamReader reader)
        => reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(Patience.Limit, TimeProvider.System, Cancellation);

    private static async Task<JsonElement[]> WaitAsync(Nginx nginx)
    {
        JsonElement[] requests = [];
        await Patience.UntilAsync("a request waits", async () =>
        {
            using HttpRequestMessage request = Nginx.Ask(HttpMethod.Get, "/api/v1/requests", "alice:secret");
            using HttpResponseMessage response = await nginx.Http.SendAsync(request, Cancellation);
            using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            requests = [.. json.RootElement.GetProperty("requests").Clone().EnumerateArray()];
            return requests.Length > 0;
        });
        return requests;
    }

    private sealed class Nginx : IAsyncDisposable
    {
        private readonly Process _process;

        private Nginx(Process process, int port)
        {
            _process = process;
            Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
            {
                BaseAddress = new Uri($"http://127.0.0.1:{port}"),
                Timeout = Patience.Limit,
            };
        }

        public HttpClient Http { get; }

        public static async Task<Nginx> StartAsync(TemporaryDirectory files, string socket)
        {
            int port = FreePort.Find();
            string documented = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/web.md"), Cancellation)).Split("```nginx\n")[1].Split("```")[0];
            string server = string.Join('\n', documented.Split('\n').Where(line => !line.Contains("ssl_", StringComparison.Ordinal)))
                .Replace("listen 443 ssl;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{port};"), StringComparison.Ordinal)
                .Replace("/etc/nginx/mandos.htpasswd", files.Write("htpasswd", "alice:{PLAIN}secret\n"), StringComparison.Ordinal)
                .Replace("/run/mandos/web.sock", socket, StringComparison.Ordinal);
            string group = (await Command.RequireAsync("stat", "-c", "%G", socket)).Trim();
            string user = Environment.IsPrivilegedProcess ? $"user nobody {group};" : "";
            string temporary = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(name => $"{name}_temp_path {files.PathOf(name)};\n"));
            string configuration = files.Write(
                "nginx.conf", $"{user}\ndaemon off;\nworker_processes 1;\npid {files.PathOf("pid")};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{server}}}\n");
            File.SetUnixFileMode(files.FullName, (UnixFileMode)Convert.ToInt32("755", 8)); // the worker reads its passwords
            ProcessStartInfo start = Command.Describe("nginx", ["-p", files.FullName, "-c", configuration, "-e", "stderr"]);
            Process process = Process.Start(start)!;
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
            var nginx = new Nginx(process, port);
            await Patience.UntilAsync("nginx answers", async () =>
            {
                Assert.False(process.HasExited, process.HasExited ? await errors : "");
                try
                {
                    return (await nginx.Http.GetAsync(new Uri("/", UriKind.Relative), Cancellation)).StatusCode == HttpStatusCode.Unauthorized;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            });
            return nginx;
        }

        public static HttpRequestMessage Ask(HttpMethod method, string path, string? credentials)
        {
            var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Headers = { Host = HostName } };
            request.Headers.Authorization = credentials is null ? null
                : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(credentials)));
            return request;
        }

        public async Task<HttpResponseMessage> PostAsync(string path, string? credentials, params (string Name, string Value)[] headers)
        {
            using HttpRequestMessage request = Ask(HttpMethod.Post, path, credentials);
            foreach ((string name, string value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            return await Http.SendAsync(request, Cancellation);
        }

        public async ValueTask DisposeAsync()
        {
            Http.Dispose();
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }
    }
}
