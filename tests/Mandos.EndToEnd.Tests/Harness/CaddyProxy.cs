using System.Diagnostics;
using System.Globalization;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>A real Caddy. It gets its certificate from a file, since nobody gives it one on loopback.</summary>
internal sealed class CaddyProxy : ReverseProxy
{
    protected override string Language => "caddy";

    /// <inheritdoc cref="ReverseProxy.StartAsync{T}"/>
    public static Task<CaddyProxy> StartAsync(string socket) => StartAsync(new CaddyProxy(), socket);

    protected override async Task<ProcessStartInfo> PrepareAsync(string block, string group, TemporaryDirectory directory)
    {
        (string certificate, string key) = HostKey.Write(directory.FullName);
        string hash = (await Command.RequireAsync("caddy", "hash-password", "--plaintext", Password)).Trim();
        string site = string.Create(CultureInfo.InvariantCulture, $$"""
            https://{{HostName}}:{{Port}}, https://localhost:{{Port}} {
                bind 127.0.0.1
                tls {{certificate}} {{key}}
            """);
        block = block.Replace($"{HostName} {{", site, StringComparison.Ordinal).Replace("$2a$14$...", hash, StringComparison.Ordinal);
        string configuration = directory.Write("Caddyfile", $$"""
            {
                admin off
                auto_https off
            }
            {{block}}
            """);
        string home = Directory.CreateDirectory(Path.Combine(directory.FullName, "home")).FullName;
        string[] run = ["caddy", "run", "--adapter", "caddyfile", "--config", configuration];
        ProcessStartInfo start;
        if (Environment.IsPrivilegedProcess)
        {
            await Command.RequireAsync("chown", RunsAs, key, home);
            start = Command.Describe("setpriv", ["--reuid", RunsAs, "--regid", group, "--clear-groups", .. run]);
        }
        else
        {
            start = Command.Describe(run[0], run[1..]);
        }

        foreach (string variable in (string[])["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"])
        {
            start.Environment[variable] = home;
        }

        return start;
    }
}
