using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>A real server without D-Bus, whose only control surface is the web, and a program that talks to it over its socket.</summary>
internal sealed class WebSite : IAsyncDisposable
{
    private WebSite(TestServer server)
    {
        Server = server;
        Http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectAsync(cancellationToken), ownsSocket: true),
            AllowAutoRedirect = false,
            UseCookies = false,
        })
        {
            BaseAddress = new Uri("http://localhost"),
            Timeout = Patience.Limit,
        };
    }

    public TestServer Server { get; }

    public HttpClient Http { get; }

    public string Socket => SocketOf(Server);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static string SocketOf(TestServer server) => Path.Combine(server.ScratchDirectory, "web.sock");

    /// <summary>Names the plugin in plugins.yaml, with the socket in the server's scratch directory.</summary>
    public static Task ChooseAsync(TestServer server, params IEnumerable<string> settings) => File.WriteAllLinesAsync(
        Path.Combine(server.ConfigDirectory, "plugins.yaml"),
        ["plugins:", "  WebControl:", "    settings:", $"      socket: {SocketOf(server)}", .. settings.Select(line => $"      {line}")],
        Cancellation);

    public static Task<WebSite> StartAsync(IEnumerable<string> stanzas, params IEnumerable<string> settings)
        => StartAsync(new TestServer("--debug"), stanzas, settings);

    /// <summary>Starts a server that was prepared.</summary>
    /// <param name="server">The server, which is then the site's.</param>
    /// <param name="stanzas">Its clients.</param>
    /// <param name="settings">Settings of the plugin, beside the socket.</param>
    public static async Task<WebSite> StartAsync(TestServer server, IEnumerable<string> stanzas, params IEnumerable<string> settings)
    {
        var site = new WebSite(server);
        try
        {
            site.Server.AddClient(string.Join('\n', stanzas));
            await ChooseAsync(site.Server, settings);
            await site.Server.StartAsync();
            await site.Server.Log.WaitForAsync("INFO", $"At socket {site.Socket}");
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a server that listens on TCP, too, at 127.0.0.1.</summary>
    /// <param name="key">Its certificate.</param>
    /// <param name="port">Its port for the web.</param>
    /// <param name="stanzas">Its clients.</param>
    public static Task<WebSite> StartOnTcpAsync(HostKey key, int port, params IEnumerable<string> stanzas)
    {
        var server = new TestServer("--debug");
        (string certificateFile, string keyFile) = key.Write(server.ConfigDirectory);
        return StartAsync(
            server,
            stanzas,
            string.Create(CultureInfo.InvariantCulture, $"listen: 127.0.0.1:{port}"),
            $"tls_certificate: {certificateFile}",
            $"tls_key: {keyFile}");
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return await ReadAsync(response);
    }

    public async Task<(int Status, JsonElement Json)> PostAsync(string path, HttpContent? content = null)
    {
        using HttpResponseMessage response = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        return ((int)response.StatusCode, await ReadAsync(response));
    }

    public Task<(int Status, JsonElement Json)> PostJsonAsync(string path, string json)
        => PostAsync(path, new StringContent(json, new MediaTypeHeaderValue("application/json")));

    /// <summary>The requests that wait, once there are some.</summary>
    public async Task<JsonElement[]> WaitForRequestsAsync(int count)
    {
        JsonElement[] requests = [];
        await Patience.UntilAsync($"{count} requests wait", async () =>
        {
            requests = [.. (await GetAsync("/api/v1/requests")).GetProperty("requests").EnumerateArray()];
            return requests.Length == count;
        });
        return requests;
    }

    /// <summary>A connection to the socket.</summary>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        return document.RootElement.Clone();
    }
}
