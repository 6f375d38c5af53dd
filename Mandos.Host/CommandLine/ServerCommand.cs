using System.CommandLine;
using System.CommandLine.Parsing;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;

namespace Mandos.Host.CommandLine;

/// <summary>The options of <c>mandos</c>: names, meanings, and what values they take.</summary>
internal sealed class ServerCommand
{
    private readonly Option<bool> _help = Switch("--help", "Show this help and exit.", "-h");
    private readonly Option<bool> _version = Switch("--version", "Show the version and exit.", "-v");
    private readonly Option<bool> _check = Switch("--check", "Run the self-tests and exit: 0 if all pass, 1 if not.");
    private readonly Option<bool> _checkConfiguration = Switch(
        "--check-config", "Check the configuration files and exit: 0 if they are good, 1 if not.");
    private readonly Option<bool> _probe = Switch("--probe", "Ask the running server whether it answers, and exit: 0 if it does, 1 if not.");
    private readonly Option<bool> _listPlugins = Switch("--list-plugins", "List the plugins with their state and exit.");
    private readonly Option<bool> _json = Switch("--json", "With --list-plugins: list them as JSON, for programs.");
    private readonly Option<string?> _showPriority = Text(
        "--show-priority", "STRING",
        "Show what a priority string for TLS allows, and exit.",
        _ => null);
    private readonly Option<string?> _exportState = Text(
        "--export-state", "FILE", "Write the saved state of the clients to a file, and exit. The server must be stopped.", OptionValues.CheckPath);
    private readonly Option<string?> _importState = Text(
        "--import-state", "FILE", "Fill an empty state store from such a file, and exit.", OptionValues.CheckPath);
    private readonly Option<bool> _replace = Switch("--replace", "With --import-state: replace the state that is there.");
    private readonly Option<string?> _interface = Text(
        "--interface", "NAME",
        "Announce and listen on this network interface only. Default: all.",
        MayBeEmpty(OptionValues.CheckInterface), "-i");
    private readonly Option<string?> _address = Text(
        "--address", "ADDRESS",
        "IPv6 address to listen on, or several with commas between them; IPv4 as ::FFFF:192.0.2.1, or plain with "
            + "--no-ipv6. Default: any.",
        _ => null, "-a");
    private readonly Option<int?> _port = Value<int>(
        "--port", "PORT",
        "TCP port to listen on, 0 to 65535. Default: 0, the kernel chooses.",
        OptionValues.ParsePort, "-p");
    private readonly Option<bool> _debug = Switch("--debug", "Stay in the foreground and log everything, also to the terminal.");
    private readonly Option<DebugLevel?> _debugLevel = Value<DebugLevel>(
        "--debuglevel", "LEVEL",
        "What to log: CRITICAL, ERROR, WARNING, INFO or DEBUG. Default: WARNING.",
        OptionValues.ParseLevel);
    private readonly Option<OutputFormat?> _logFormat = Value<OutputFormat>(
        "--log-format", "FORMAT",
        "How to log: text, or json for JSON lines on standard error. Default: text.",
        OptionValues.ParseFormat);
    private readonly Option<string?> _priority = Text(
        "--priority", "STRING",
        $"Priority string for TLS, as in GnuTLS. Default: {ServerOptions.DefaultPriority}",
        OptionValues.CheckText);
    private readonly Option<string?> _serviceName = Text(
        "--servicename", "NAME",
        $"Zeroconf service name. Default: {ServerOptions.DefaultServiceName}.",
        OptionValues.CheckServiceName);
    private readonly Option<string?> _configDirectory = Text(
        "--configdir", "DIR",
        $"Where mandos.conf, clients.conf and plugins.yaml are. Default: {ServerOptions.DefaultConfigDirectory}.",
        OptionValues.CheckPath);
    private readonly Option<bool> _noDBus = Switch("--no-dbus", "Do not offer the D-Bus interface. Default: offer it.");
    private readonly Option<bool> _noIPv6 = Switch("--no-ipv6", "Use IPv4 alone; not recommended. Default: use IPv6.");
    private readonly Option<bool> _noRestore = Switch("--no-restore", "Do not restore the saved state. Default: restore it.");
    private readonly Option<string?> _stateDirectory = Text(
        "--statedir", "DIR",
        $"Where the state is saved. Default: {ServerOptions.DefaultStateDirectory}.",
        OptionValues.CheckPath);
    private readonly Option<int?> _socket = Value<int>(
        "--socket", "FD",
        "Use this open socket instead of a new one. Default: none.",
        OptionValues.ParseDescriptor);
    private readonly Option<bool> _foreground = Switch(
        "--foreground", "Do not become a daemon and write no PID file. Default: become one.");
    private readonly Option<bool> _noZeroconf = Switch(
        "--no-zeroconf", "Do not announce the service; needs --port or --socket. Default: announce it.");
    private readonly Option<string?> _pluginDirectory = Text(
        "--plugindir", "DIR",
        "Where the plugins are. Default: plugins, beside the program.",
        OptionValues.CheckPath);

    /// <summary>A new command; not a <see cref="RootCommand"/>, which would add options and directives of its own.</summary>
    public ServerCommand() => Command = new Command("mandos", "Gives encrypted passwords to authenticated Mandos clients.")
    {
        _help, _version, _check, _checkConfiguration, _probe, _listPlugins, _json, _showPriority, _exportState, _importState,
        _replace, _interface, _address, _port, _debug,
        _debugLevel, _logFormat, _priority, _serviceName, _configDirectory, _noDBus, _noIPv6, _noRestore, _stateDirectory, _socket, _foreground,
        _noZeroconf, _pluginDirectory,
    };

    /// <summary>The command with all its options.</summary>
    public Command Command { get; }

    /// <summary>The options that Debian's server does not have and whose names begin as one of its does: they make no abbreviation of that ambiguous.</summary>
    public IReadOnlyList<Option> Own => [_importState, _probe];

    /// <summary>Whether help is asked for.</summary>
    public bool AsksForHelp(ParseResult result) => result.GetValue(_help);

    /// <summary>Whether the version is asked for.</summary>
    public bool AsksForVersion(ParseResult result) => result.GetValue(_version);

    /// <summary>The options from a command line without errors.</summary>
    public CommandLineOptions Read(ParseResult result) => new()
    {
        Action = result.GetValue(_check) ? CommandLineAction.Check
            : result.GetValue(_checkConfiguration) ? CommandLineAction.CheckConfiguration
            : result.GetValue(_probe) ? CommandLineAction.Probe
            : result.GetValue(_listPlugins) ? CommandLineAction.ListPlugins
            : result.GetValue(_showPriority) is not null ? CommandLineAction.ShowPriority
            : result.GetValue(_exportState) is not null ? CommandLineAction.ExportState
            : result.GetValue(_importState) is not null ? CommandLineAction.ImportState : CommandLineAction.Serve,
        StateFile = result.GetValue(_exportState) ?? result.GetValue(_importState),
        Replace = result.GetValue(_replace),
        ShownPriority = result.GetValue(_showPriority),
        Json = result.GetValue(_json),
        ConfigDirectory = result.GetValue(_configDirectory),
        Interface = result.GetValue(_interface),
        Address = result.GetValue(_address),
        Port = result.GetValue(_port),
        Socket = result.GetValue(_socket),
        Debug = result.GetValue(_debug) ? true : null,
        DebugLevel = result.GetValue(_debugLevel),
        LogFormat = result.GetValue(_logFormat),
        Foreground = result.GetValue(_foreground) ? true : null,
        Priority = result.GetValue(_priority),
        ServiceName = result.GetValue(_serviceName),
        UseDBus = result.GetValue(_noDBus) ? false : null,
        UseIPv6 = result.GetValue(_noIPv6) ? false : null,
        UseZeroconf = result.GetValue(_noZeroconf) ? false : null,
        Restore = result.GetValue(_noRestore) ? false : null,
        StateDirectory = result.GetValue(_stateDirectory),
        PluginDirectory = result.GetValue(_pluginDirectory),
    };

    private static Option<bool> Switch(string name, string description, params string[] aliases)
        => new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    private static Option<string?> Text(
        string name, string value, string description, Func<string, string?> check, params string[] aliases)
        => new(name, aliases)
        {
            HelpName = value,
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => Parse(result, name, (string text, out string? parsed) => check(parsed = text)),
        };

    private static Option<T?> Value<T>(
        string name, string value, string description, OptionValues.Parser<T> parse, params string[] aliases)
        where T : struct => new(name, aliases)
        {
            HelpName = value,
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result => Parse(result, name, parse),
        };

    private static Func<string, string?> MayBeEmpty(Func<string, string?> check) => text => text.Length == 0 ? null : check(text);

    /// <summary>Parses the last value, which counts where an option is repeated.</summary>
    private static T? Parse<T>(ArgumentResult result, string name, OptionValues.Parser<T> parse)
    {
        string? fault = parse(result.Tokens[^1].Value, out T value);
        if (fault is not null)
        {
            result.AddError($"{name}: {fault}");
        }

        return value;
    }
}
