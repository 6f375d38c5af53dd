using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real reverse proxy on loopback in front of the server's socket, set up as docs/web.md says: with TLS, and passwords for its users.</summary>
internal abstract class ReverseProxy : IAsyncDisposable
{
    /// <summary>Who may come, by name and password.</summary>
    public const string User = "alice";

    /// <summary>The name of the server in docs/web.md. By the name localhost it is reached, too.</summary>
    public const string HostName = "mandos.example.org";

    private readonly TemporaryDirectory _directory = new();
    private Process? _process;

    protected ReverseProxy() => Http = new HttpClient(new HttpClientHandler
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
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{Port}/"));

    /// <summary>The same, with the name and password.</summary>
    public Uri AddressToSignIn => new UriBuilder(Address) { UserName = User, Password = Password }.Uri;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected int Port { get; } = FreePort.Find();

    protected string Password { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The user that the proxy becomes if root starts it.</summary>
    protected static string RunsAs => "www-data";

    /// <summary>A request for <see cref="HostName"/>.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path.</param>
    /// <param name="user">Who sends it, with the password; null for nobody.</param>
    public HttpRequestMessage Ask(HttpMethod method, string path, string? user)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Headers = { Host = HostName } };
        request.Headers.Authorization = user is null ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{Password}")));
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

    /// <summary>Starts it, and waits until it answers.</summary>
    /// <param name="proxy">The proxy, which is disposed if that fails.</param>
    /// <param name="socket">The server's socket; the proxy gets its group.</param>
    protected static async Task<T> StartAsync<T>(T proxy, string socket) where T : ReverseProxy
    {
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

    /// <summary>Writes its configuration.</summary>
    /// <param name="block">The one in docs/web.md, with the socket of the server.</param>
    /// <param name="group">The group that may use the socket.</param>
    /// <param name="directory">A directory for its files.</param>
    /// <returns>The program to run.</returns>
    protected abstract Task<ProcessStartInfo> PrepareAsync(string block, string group, TemporaryDirectory directory);

    /// <summary>The language of its block in docs/web.md.</summary>
    protected abstract string Language { get; }

    private async Task LaunchAsync(string socket)
    {
        string block = (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/web.md"), Cancellation)).Split($"```{Language}\n")[1].Split("```")[0];
        Assert.Contains("/run/mandos/web.sock", block, StringComparison.Ordinal);
        File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101); // it is read as another user
        string group = (await Command.RequireAsync("stat", "--format=%G", socket)).Trim();
        _process = Process.Start(await PrepareAsync(block.Replace("/run/mandos/web.sock", socket, StringComparison.Ordinal), group, _directory))!;
        _process.StandardInput.Close();
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = _process.StandardError.ReadToEndAsync(CancellationToken.None);
        await Patience.UntilAsync("the proxy answers", async () =>
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
