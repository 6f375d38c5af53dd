using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real nginx on loopback in front of the server's socket, set up as docs/web.md says: with TLS, and passwords for its users.</summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    /// <summary>Who may come, by name and password.</summary>
    public const string User = "alice";

    /// <summary>The name of the server in docs/web.md. By the name localhost it is reached, too.</summary>
    public const string HostName = "mandos.example.org";

    private readonly TemporaryDirectory _directory = new();
    private readonly string _password = Guid.NewGuid().ToString("N");
    private readonly int _port = FreePort.Find();
    private Process? _process;

    private NginxProxy() => Http = new HttpClient(new HttpClientHandler
    {
        AllowAutoRedirect = false,
        ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate is not null && HostKey.PinOf(certificate) == HostKey.Pin,
    })
    {
        BaseAddress = Address,
        Timeout = Patience.Limit,
    };

    /// <summary>What a <see cref="Browser"/> has to trust.</summary>
    public HostKey HostKey { get; } = new();

    /// <summary>A program that comes to it.</summary>
    public HttpClient Http { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{_port}/"));

    /// <summary>The same, with the name and password.</summary>
    public Uri AddressToSignIn => new UriBuilder(Address) { UserName = User, Password = _password }.Uri;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts one, and waits until it answers.</summary>
    /// <param name="socket">The socket; the proxy gets its group.</param>
    public static async Task<NginxProxy> StartAsync(string socket)
    {
        var proxy = new NginxProxy();
        try
        {
            await proxy.LaunchAsync(socket);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <summary>A request for <see cref="HostName"/>.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path.</param>
    /// <param name="user">Who sends it, with the password; null for nobody.</param>
    public HttpRequestMessage Ask(HttpMethod method, string path, string? user)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Headers = { Host = HostName } };
        request.Headers.Authorization = user is null ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{_password}")));
        return request;
    }

    /// <summary>Posts nothing, with headers.</summary>
    /// <inheritdoc cref="Ask"/>
    public async Task<HttpResponseMessage> PostAsync(string path, string? user, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = Ask(HttpMethod.Post, path, user);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Http.SendAsync(request, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        _directory.Dispose();
    }

    private async Task LaunchAsync(string socket)
    {
        (string certificate, string key) = HostKey.Write(_directory.FullName);
        string server = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/web.md"), Cancellation)).Split("```nginx\n")[1].Split("```")[0]
            .Replace("listen 443 ssl;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{_port} ssl;"), StringComparison.Ordinal)
            .Replace("/etc/ssl/mandos.pem", certificate, StringComparison.Ordinal)
            .Replace("/etc/ssl/private/mandos.key", key, StringComparison.Ordinal)
            .Replace("/etc/nginx/mandos.htpasswd", _directory.Write("passwords", $"{User}:{{PLAIN}}{_password}\n"), StringComparison.Ordinal)
            .Replace("/run/mandos/web.sock", socket, StringComparison.Ordinal);
        string group = (await Command.RequireAsync("stat", "--format=%G", socket)).Trim();
        string configuration = _directory.Write("nginx.conf", $$"""
            {{(Environment.IsPrivilegedProcess ? $"user www-data {group};" : "")}}
            daemon off;
            worker_processes 1;
            pid pid;
            error_log stderr;
            events { }
            http {
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            {{server}}
            }

            """);
        File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101); // its worker reads the passwords
        _process = Process.Start(Command.Describe("nginx", ["-e", "stderr", "-p", _directory.FullName, "-c", configuration]))!;
        _process.StandardInput.Close();
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        await Patience.UntilAsync("nginx answers", async () =>
        {
            Assert.False(_process.HasExited, _process.HasExited ? await errors : "");
            try
            {
                using HttpResponseMessage response = await Http.GetAsync(new Uri("/", UriKind.Relative), Cancellation);
                return response.StatusCode == HttpStatusCode.Unauthorized;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }
}
