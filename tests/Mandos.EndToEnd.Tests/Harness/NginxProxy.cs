using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real nginx on loopback in front of a Unix socket, with TLS. It asks for a name and password, and tells the name to what is behind.</summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    public const string User = "anna";

    private readonly TemporaryDirectory _directory = new();
    private readonly int _port = FreePort.Find();
    private Process? _process;

    private NginxProxy()
    {
    }

    /// <summary>What a <see cref="Browser"/> has to trust.</summary>
    public HostKey HostKey { get; } = new();

    public string Password { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Where it listens.</summary>
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"https://localhost:{_port}/"));

    /// <summary>The same, with the name and password.</summary>
    public Uri AddressToSignIn => new UriBuilder(Address) { UserName = User, Password = Password }.Uri;

    /// <summary>Starts one, and waits until it listens.</summary>
    /// <param name="socket">The socket; the proxy gets its group, as the manual says.</param>
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

    public async ValueTask DisposeAsync()
    {
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
        // Its workers are another user, and have to reach these.
        File.SetUnixFileMode(_directory.FullName, (UnixFileMode)0b111_101_101);
        (string certificate, string key) = HostKey.Write(_directory.FullName);
        _directory.Write("passwords", $"{User}:{{PLAIN}}{Password}\n");
        string group = (await Command.RequireAsync("stat", "--format=%G", socket)).Trim();
        string user = Environment.IsPrivilegedProcess ? $"user www-data {group};" : "";
        string port = _port.ToString(CultureInfo.InvariantCulture);
        string configuration = _directory.Write("nginx.conf", $$"""
            daemon off;
            worker_processes 1;
            {{user}}
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
                server {
                    listen 127.0.0.1:{{port}} ssl;
                    server_name localhost;
                    ssl_certificate     {{certificate}};
                    ssl_certificate_key {{key}};
                    auth_basic           "Mandos";
                    auth_basic_user_file {{_directory.PathOf("passwords")}};
                    location / {
                        proxy_pass http://unix:{{socket}};
                        proxy_http_version 1.1;
                        proxy_set_header Host $host;
                        proxy_set_header X-Remote-User $remote_user;
                        proxy_buffering off;
                        proxy_read_timeout 1h;
                    }
                }
            }

            """);
        _process = Process.Start(Command.Describe("nginx", ["-e", "stderr", "-p", _directory.FullName, "-c", configuration]))!;
        _process.StandardInput.Close();
        var said = new ServerLog();
        foreach (StreamReader stream in new[] { _process.StandardOutput, _process.StandardError })
        {
            _ = ReadAsync(stream, said);
        }

        await Patience.UntilAsync("nginx listens", async () =>
        {
            Assert.False(_process.HasExited, $"nginx does not listen: {string.Join('\n', said.Lines)}");
            using var connection = new TcpClient();
            try
            {
                await connection.ConnectAsync("127.0.0.1", _port, TestContext.Current.CancellationToken);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    private static async Task ReadAsync(StreamReader reader, ServerLog log)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            log.Add(line);
        }
    }
}
