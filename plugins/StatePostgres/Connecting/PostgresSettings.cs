using Mandos.Abstractions.Plugins;

namespace Mandos.StatePostgres.Connecting;

/// <summary>What <c>plugins.yaml</c> says of the database.</summary>
internal sealed record PostgresSettings
{
    public const string HostsName = "hosts";
    public const string DatabaseName = "database";
    public const string UserName = "user";
    public const string RootCertificateName = "root_certificate";
    public const string CredentialName = "password_credential";
    public const string RequireSynchronousName = "require_synchronous";

    /// <summary>The directory that systemd gives a service for its credentials (systemd.exec(5)).</summary>
    private const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    private const string DefaultHost = "/run/postgresql";
    private const string DefaultCredential = "mandos-postgres";
    private const int MostHosts = 9;

    private PostgresSettings(IReadOnlyDictionary<string, string> settings)
    {
        Hosts = ReadHosts(settings);
        Database = ReadName(settings, DatabaseName, "mandos");
        User = ReadName(settings, UserName, "_mandos");
        RootCertificate = settings.GetValueOrDefault(RootCertificateName);
        Credential = ReadName(settings, CredentialName, DefaultCredential);
        RequireSynchronous = settings.GetValueOrDefault(RequireSynchronousName) switch
        {
            null => Hosts.Count > 1,
            "true" => true,
            "false" => false,
            _ => throw new PluginSettingException(RequireSynchronousName, "it is neither true nor false"),
        };
        if (RootCertificate is not null && !Path.IsPathFullyQualified(RootCertificate))
        {
            throw new PluginSettingException(RootCertificateName, "it is not the absolute path of a file of certificates in PEM");
        }

        if (RootCertificate is not null && !File.Exists(RootCertificate))
        {
            throw new PluginSettingException(RootCertificateName, "there is no such file, or this server may not look into its folder");
        }

        if (Credential.Contains('/', StringComparison.Ordinal) || Credential is "." or "..")
        {
            throw new PluginSettingException(
                CredentialName, "it is not a name, such as that before the colon of LoadCredential= in the unit of the server");
        }
    }

    /// <summary>Where to look for the primary.</summary>
    public IReadOnlyList<HostAddress> Hosts { get; }

    /// <summary>The database on it.</summary>
    public string Database { get; }

    /// <summary>The role.</summary>
    public string User { get; }

    /// <summary>Path of the certificates to which that of the database has to lead; null for those that the system trusts.</summary>
    public string? RootCertificate { get; }

    /// <summary>Name of systemd's credential that is the password, where there is one.</summary>
    public string Credential { get; }

    /// <summary>Whether a database that waits for no standby is refused.</summary>
    public bool RequireSynchronous { get; }

    /// <summary>Reads them.</summary>
    /// <exception cref="PluginSettingException">One is wrong.</exception>
    public static PostgresSettings Read(IReadOnlyDictionary<string, string> settings) => new(settings);

    /// <summary>Reads the password; null if there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public string? ReadPassword()
    {
        string? directory = Environment.GetEnvironmentVariable(CredentialsVariable);
        if (string.IsNullOrEmpty(directory))
        {
            return null;
        }

        string path = Path.Join(directory, Credential);
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd('\n', '\r') : null;
    }

    private static List<HostAddress> ReadHosts(IReadOnlyDictionary<string, string> settings)
    {
        List<HostAddress> hosts = [];
        foreach (string part in settings.GetValueOrDefault(HostsName, DefaultHost).Split(','))
        {
            HostAddress host = HostAddress.Parse(part.Trim()) ?? throw new PluginSettingException(
                HostsName, $"“{part.Trim()}” is no host; write names or addresses with commas between them, such as db1.example.org, [2001:db8::1]:5433, "
                    + $"or the directory of a socket, such as {DefaultHost}");
            if (hosts.Contains(host))
            {
                throw new PluginSettingException(HostsName, $"{host} is there twice");
            }

            hosts.Add(host);
        }

        return hosts.Count <= MostHosts ? hosts : throw new PluginSettingException(HostsName, $"there are more than {MostHosts}");
    }

    private static string ReadName(IReadOnlyDictionary<string, string> settings, string name, string otherwise)
    {
        string value = settings.GetValueOrDefault(name, otherwise);
        return value.Length > 0 && !value.Any(char.IsControl) ? value : throw new PluginSettingException(name, "it is empty, or has control characters");
    }
}
