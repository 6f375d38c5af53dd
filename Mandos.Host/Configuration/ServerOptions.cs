using Mandos.Host.Logging;

namespace Mandos.Host.Configuration;

/// <summary>The options of the server, from mandos(8) and mandos.conf(5), after merging and checking.</summary>
internal sealed record ServerOptions
{
    /// <summary>Default of <see cref="ConfigDirectory"/>.</summary>
    public const string DefaultConfigDirectory = "/etc/mandos";

    /// <summary>Default of <see cref="Priority"/>.</summary>
    public const string DefaultPriority = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

    /// <summary>Default of <see cref="ServiceName"/>.</summary>
    public const string DefaultServiceName = "Mandos";

    /// <summary>Default of <see cref="StateDirectory"/>.</summary>
    public const string DefaultStateDirectory = "/var/lib/mandos";

    /// <summary>Where <c>mandos.conf</c> and <c>clients.conf</c> are.</summary>
    public string ConfigDirectory { get; init; } = DefaultConfigDirectory;

    /// <summary>The only network interface to announce and listen on; null for all.</summary>
    public string? Interface { get; init; }

    /// <summary>The only addresses to listen on, a list as <see cref="OptionValues.Split"/> takes it; null for all.</summary>
    /// <remarks>Each an IPv6 literal, perhaps with <c>%zone</c>; an IPv4 one if <see cref="UseIPv6"/> is off.</remarks>
    public string? Address { get; init; }

    /// <summary>TCP port, 1 to 65535; null lets the kernel choose.</summary>
    public int? Port { get; init; }

    /// <summary>An open listening socket to use instead of a new one; null for none.</summary>
    public int? Socket { get; init; }

    /// <summary>Whether to log everything, also to the terminal.</summary>
    public bool Debug { get; init; }

    /// <summary>What to log at least; <see cref="DebugLevel.Debug"/> if <see cref="Debug"/> is on.</summary>
    public DebugLevel DebugLevel { get; init; } = DebugLevel.Warning;

    /// <summary>How the log is laid out on standard error; as JSON it always goes there.</summary>
    public OutputFormat LogFormat { get; init; }

    /// <summary>Whether to stay in the foreground; always so if <see cref="Debug"/> is on.</summary>
    public bool Foreground { get; init; }

    /// <summary>Priority string for TLS in GnuTLS's syntax; not checked here.</summary>
    public string Priority { get; init; } = DefaultPriority;

    /// <summary>Its line in <c>mandos.conf</c>; 0 if it does not stand there, null if on the command line.</summary>
    public int? PriorityLine { get; init; } = 0;

    /// <summary>Zeroconf service name, 1 to 63 bytes of UTF-8.</summary>
    public string ServiceName { get; init; } = DefaultServiceName;

    /// <summary>Whether to offer the D-Bus interface.</summary>
    public bool UseDBus { get; init; } = true;

    /// <summary>Whether to listen with IPv6.</summary>
    public bool UseIPv6 { get; init; } = true;

    /// <summary>Whether to announce the service.</summary>
    public bool UseZeroconf { get; init; } = true;

    /// <summary>Whether to restore the saved state.</summary>
    public bool Restore { get; init; } = true;

    /// <summary>Where the state is saved.</summary>
    public string StateDirectory { get; init; } = DefaultStateDirectory;

    /// <summary>Where the plugins are; null for <c>plugins</c> beside the program.</summary>
    public string? PluginDirectory { get; init; }

    /// <summary>Most connections at once, 1 or more; null for the server's own limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Most connections at once from one address, 1 or more; null for the server's own limit.</summary>
    public int? MaxConnectionsPerAddress { get; init; }

    /// <summary>Simultaneous connections that have proved to own the key of one client; null for the engine's default.</summary>
    public int? MaxRequestsPerClient { get; init; }

    /// <summary>The file to which a record of each connection is appended; null for none.</summary>
    public string? AuditLog { get; init; }

    /// <summary>Whether no secret may go out before its record is in <see cref="AuditLog"/>; only if there is one.</summary>
    public bool AuditRequired { get; init; }

    /// <summary>Whether machines can be invited to become clients, which send their sections to the server's port.</summary>
    public bool Invitations { get; init; }

    /// <summary>How long the server may hang until it is ended, a second or more; zero for ever.</summary>
    public TimeSpan Watchdog { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a mistake in one client's section keeps the server from starting, and a reload from being taken up.</summary>
    public bool StrictConfig { get; init; }

    /// <summary>Something to say about <see cref="Priority"/>, with its place.</summary>
    /// <param name="message">The message.</param>
    public ConfigProblem AtPriority(string message) => PriorityLine is { } line
        ? new(Path.Combine(ConfigDirectory, ServerOptionsLoader.FileName), line, message)
        : new("command line", 0, message);

    /// <summary>The same options, in force in any working directory.</summary>
    public ServerOptions WithAbsolutePaths() => this with
    {
        ConfigDirectory = Path.GetFullPath(ConfigDirectory),
        StateDirectory = Path.GetFullPath(StateDirectory),
        PluginDirectory = PluginDirectory is null ? null : Path.GetFullPath(PluginDirectory),
        AuditLog = AuditLog is null ? null : Path.GetFullPath(AuditLog),
    };
}
