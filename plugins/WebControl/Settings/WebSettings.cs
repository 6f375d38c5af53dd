using System.Net;
using System.Text;
using Mandos.Abstractions.Plugins;
using Mandos.WebControl.Unix;

namespace Mandos.WebControl.Settings;

/// <summary>What <c>plugins.yaml</c> says of the web surface, described in mandos-plugins.yaml(5).</summary>
internal sealed record WebSettings
{
    public const string SocketName = "socket";
    public const string SocketGroupName = "socket_group";
    public const string ListenName = "listen";
    public const string CertificateName = "tls_certificate";
    public const string KeyName = "tls_key";
    public const string ClientCertificatesName = "client_certificates";
    public const string HostsName = "hosts";
    public const string TrustedUserHeaderName = "trusted_user_header";
    public const string MetricsName = "metrics";

    /// <summary>Where the socket is, unless a setting says otherwise.</summary>
    public const string DefaultSocket = "/run/mandos/web.sock";

    /// <summary>The group that may use the socket, unless a setting says otherwise and if there is such a group.</summary>
    public const string DefaultGroup = "_mandos";

    /// <summary>Absolute path of the Unix socket.</summary>
    public required string Socket { get; init; }

    /// <summary>The group that may use it.</summary>
    public required string SocketGroup { get; init; }

    /// <summary>Whether <see cref="SocketGroup"/> was set, and so has to be there.</summary>
    public bool IsGroupRequired { get; init; }

    /// <summary>Where to listen with TLS; null for nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>The file with the certificate for <see cref="Listen"/>, and with those above it, in PEM.</summary>
    public string? Certificate { get; init; }

    /// <summary>The file with its key, in PEM.</summary>
    public string? Key { get; init; }

    /// <summary>The file with the fingerprints of the certificates by which clients may sign in; null for none.</summary>
    public string? ClientCertificates { get; init; }

    /// <summary>The names of this server in URLs, in lower case, without a port. By address it may be called anyway.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>The header by which a reverse proxy in front of the socket names the user; null for none.</summary>
    public string? TrustedUserHeader { get; init; }

    /// <summary>Where to offer the metrics, without TLS; null for nowhere.</summary>
    public IPEndPoint? Metrics { get; init; }

    /// <summary>Reads the settings. Files are read when the surface starts.</summary>
    /// <exception cref="PluginSettingException">One is bad.</exception>
    public static WebSettings Read(IReadOnlyDictionary<string, string> settings)
    {
        var result = new WebSettings
        {
            Socket = ReadPath(settings, SocketName) ?? DefaultSocket,
            SocketGroup = settings.GetValueOrDefault(SocketGroupName, DefaultGroup),
            IsGroupRequired = settings.ContainsKey(SocketGroupName),
            Listen = ReadEndPoint(settings, ListenName),
            Certificate = ReadPath(settings, CertificateName),
            Key = ReadPath(settings, KeyName),
            ClientCertificates = ReadPath(settings, ClientCertificatesName),
            Hosts = ReadHosts(settings),
            TrustedUserHeader = ReadHeader(settings),
            Metrics = ReadEndPoint(settings, MetricsName),
        };
        if (Encoding.UTF8.GetByteCount(result.Socket) > SocketFile.MostPathBytes)
        {
            throw new PluginSettingException(SocketName, $"is longer than {SocketFile.MostPathBytes} bytes, the most that Linux allows");
        }

        foreach ((string name, string? value) in new[] { (CertificateName, result.Certificate), (KeyName, result.Key) })
        {
            if (result.Listen is not null && value is null)
            {
                throw new PluginSettingException(name, $"is missing, which {ListenName} needs: there is no TCP without TLS");
            }
        }

        return result;
    }

    private static string? ReadPath(IReadOnlyDictionary<string, string> settings, string name)
        => !settings.TryGetValue(name, out string? path) ? null
            : Path.IsPathFullyQualified(path) && !path.EndsWith('/') && !path.Contains('\0', StringComparison.Ordinal) ? path
            : throw new PluginSettingException(name, "should be the absolute path of a file");

    private static IPEndPoint? ReadEndPoint(IReadOnlyDictionary<string, string> settings, string name)
        => !settings.TryGetValue(name, out string? text) ? null
            : IPEndPoint.TryParse(text, out IPEndPoint? endPoint) && endPoint.Port != 0 && text.EndsWith($":{endPoint.Port}", StringComparison.Ordinal)
                ? endPoint
                : throw new PluginSettingException(name, "should be an address with a port, such as 127.0.0.1:9090 or [::1]:9090");

    private static IReadOnlyList<string> ReadHosts(IReadOnlyDictionary<string, string> settings)
    {
        string[] hosts = settings.GetValueOrDefault(HostsName, "").Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries);
        return hosts.All(static host => host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')) ? [.. hosts.Select(static host => host.ToLowerInvariant())]
            : throw new PluginSettingException(HostsName, "should be names of hosts with spaces between them, without ports");
    }

    private static string? ReadHeader(IReadOnlyDictionary<string, string> settings)
        => !settings.TryGetValue(TrustedUserHeaderName, out string? name) ? null
            : name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-') ? name
            : throw new PluginSettingException(TrustedUserHeaderName, "should be the name of a header, such as X-Remote-User");
}
