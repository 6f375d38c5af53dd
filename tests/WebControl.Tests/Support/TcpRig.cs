using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Mandos.Abstractions.Clients;
using Mandos.TestKit.Daemons;
using Mandos.WebControl.Settings;

namespace WebControl.Tests.Support;

/// <summary>A surface that also listens on TCP, with TLS, and browsers and programs that come there.</summary>
internal sealed class TcpRig : IAsyncDisposable
{
    private readonly TemporaryDirectory _files;
    private readonly X509Certificate2 _root;

    private TcpRig(Rig rig, TemporaryDirectory files, X509Certificate2 root, int port) => (Rig, _files, _root, Port) = (rig, files, root, port);

    public Rig Rig { get; }

    public int Port { get; }

    /// <summary>The file that lists clients' certificates.</summary>
    public string CertificateList => _files.PathOf("clients");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TcpRig> StartAsync(params (string Name, string Value)[] settings)
    {
        var files = new TemporaryDirectory();
        X509Certificate2 root = TestCertificates.MakeRoot();
        (string certificate, string key) = TestCertificates.MakeLocalhost(root);
        files.Write("clients", "# nobody yet\n");
        string keyFile = files.Write("key.pem", key);
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        int port = FreePort.Find();
        ClientSnapshot client = new()
        {
            Name = "one", Settings = new ClientSettings { KeyId = new string('A', 64) }, Created = DateTimeOffset.UnixEpoch, Enabled = true,
        };
        Rig rig = await Rig.StartAsync(
            [client],
            [
                (WebSettings.ListenName, string.Create(CultureInfo.InvariantCulture, $"[::1]:{port}")), (WebSettings.KeyName, keyFile),
                (WebSettings.CertificateName, files.Write("certificate.pem", certificate)),
                (WebSettings.ClientCertificatesName, files.PathOf("clients")), .. settings,
            ]);
        return new TcpRig(rig, files, root, port);
    }

    /// <summary>Makes a token at the socket.</summary>
    public async Task<string> MakeTokenAsync(string name, string scope)
    {
        (int status, JsonElement json) = await Rig.PostAsync("/api/v1/tokens", $$"""{"name":"{{name}}","scope":"{{scope}}"}""");
        Assert.Equal(200, status);
        return json.GetProperty("token").GetString()!;
    }

    /// <summary>A certificate that no authority has signed.</summary>
    public static X509Certificate2 MakeClientCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=Alice", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    /// <summary>A program, or a browser without cookies.</summary>
    /// <param name="token">The token that it shows.</param>
    /// <param name="certificate">The certificate that it shows.</param>
    /// <param name="connected">Is told of each connection.</param>
    public HttpClient Connect(string? token = null, X509Certificate2? certificate = null, Action? connected = null)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            connected?.Invoke();
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.Issuer == _root.Subject,
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
        };
        var client = new HttpClient(handler) { BaseAddress = new Uri($"https://[::1]:{Port}"), Timeout = Patience.Limit };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public static async Task<int> GetStatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        return (int)response.StatusCode;
    }

    public static async Task<int> PostStatusAsync(HttpClient client, string path)
    {
        using HttpResponseMessage response = await client.PostAsync(new Uri(path, UriKind.Relative), null, Cancellation);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Rig.DisposeAsync();
        _root.Dispose();
        _files.Dispose();
    }
}
