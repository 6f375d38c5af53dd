using System.Diagnostics;
using System.Globalization;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real nginx.</summary>
internal sealed class NginxProxy : ReverseProxy
{
    protected override string Language => "nginx";

    /// <inheritdoc cref="ReverseProxy.StartAsync{T}"/>
    public static Task<NginxProxy> StartAsync(string socket) => StartAsync(new NginxProxy(), socket);

    protected override Task<ProcessStartInfo> PrepareAsync(string block, string group, TemporaryDirectory directory)
    {
        (string certificate, string key) = HostKey.Write(directory.FullName);
        string server = block
            .Replace("listen 443 ssl;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{Port} ssl;"), StringComparison.Ordinal)
            .Replace("/etc/ssl/mandos.pem", certificate, StringComparison.Ordinal)
            .Replace("/etc/ssl/private/mandos.key", key, StringComparison.Ordinal)
            .Replace("/etc/nginx/mandos.htpasswd", directory.Write("passwords", $"{User}:{{PLAIN}}{Password}\n"), StringComparison.Ordinal);
        string configuration = directory.Write("nginx.conf", $$"""
            {{(Environment.IsPrivilegedProcess ? $"user {RunsAs} {group};" : "")}}
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
        return Task.FromResult(Command.Describe("nginx", ["-e", "stderr", "-p", directory.FullName, "-c", configuration]));
    }
}
