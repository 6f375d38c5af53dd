using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;
using Mandos.WebControl;
using Mandos.WebControl.Settings;

namespace WebControl.Tests.Support;

/// <summary>A surface that runs over a server in memory, and a program that talks to it over its socket.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private CancellationTokenSource _stop = new();
    private WebSurface _surface = null!;
    private readonly Dictionary<string, string> _settings = [];
    private Task _running = Task.CompletedTask;

    private Rig(params IEnumerable<ClientSnapshot> clients)
    {
        Server = new InMemoryServer(clients);
        _settings[WebSettings.SocketName] = Socket;
        Http = Connect();
    }

    public InMemoryServer Server { get; }

    public string Socket => _directory.PathOf("web.sock");

    /// <summary>Talks to it over the socket.</summary>
    public HttpClient Http { get; }

    /// <summary>What it has logged.</summary>
    public TestPluginContext Context { get; private set; } = null!;

    public string StateDirectory => _directory.FullName;

    public static async Task<Rig> StartAsync(IEnumerable<ClientSnapshot> clients, params (string Name, string Value)[] settings)
    {
        var rig = new Rig(clients);
        foreach ((string name, string value) in settings)
        {
            rig._settings[name] = value.Replace("$DIR", rig._directory.FullName, StringComparison.Ordinal);
        }

        rig.Context = new TestPluginContext(rig.StateDirectory) { Settings = rig._settings };
        rig._surface = new WebSurface(rig.Context);
        await rig.RunAsync();
        return rig;
    }

    /// <summary>Stops it and runs it again, as the server does after a fault.</summary>
    /// <param name="server">The server that it gets then; null for the same.</param>
    public async Task RunAgainAsync(IMandosServer? server = null)
    {
        await StopAsync();
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        await RunAsync(server);
    }

    /// <summary>Another program, with connections of its own.</summary>
    public HttpClient Connect() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectSocketAsync(cancellationToken), ownsSocket: true),
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    })
    {
        BaseAddress = new Uri("http://localhost"),
        Timeout = Patience.Limit,
    };

    /// <summary>A connection to the socket, for what no HTTP client would send.</summary>
    public async Task<Socket> ConnectSocketAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
        return socket;
    }

    /// <summary>Sends raw bytes, and reads until the server closes the connection.</summary>
    public async Task<string> SendRawAsync(string request)
    {
        using Socket socket = await ConnectSocketAsync(TestContext.Current.CancellationToken);
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Limit, TimeProvider.System, TestContext.Current.CancellationToken);
    }

    /// <summary>Gets a JSON object, whatever the status.</summary>
    public async Task<(int Status, JsonElement Json)> GetAsync(string path) => await ReadAsync(await Http.GetAsync(new Uri(path, UriKind.Relative), Token));

    /// <summary>Posts something, and gets a JSON object, whatever the status.</summary>
    public async Task<(int Status, JsonElement Json)> PostAsync(string path, string? body = null, string type = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative));
        if (body is not null)
        {
            request.Content = new StringContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await ReadAsync(await Http.SendAsync(request, Token));
    }

    /// <summary>Stops the surface.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Patience.Limit, TimeProvider.System, Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _directory.Dispose();
    }

    private async Task RunAsync(IMandosServer? server = null)
    {
        Task<string> serving = Context.NextAsync(4500);
        CancellationToken stop = _stop.Token;
        _running = Task.Run(() => _surface.RunAsync(server ?? Server, stop), CancellationToken.None);
        await await Task.WhenAny(serving, _running);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<(int Status, JsonElement Json)> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
            return ((int)response.StatusCode, document.RootElement.Clone());
        }
    }
}
