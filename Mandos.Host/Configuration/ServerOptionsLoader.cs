using System.Text;
using Mandos.Host.Logging;

namespace Mandos.Host.Configuration;

/// <summary>Merges built-in defaults, <c>mandos.conf</c> and the command line, in this order, and checks the result.</summary>
internal sealed class ServerOptionsLoader : IDisposable
{
    /// <summary>The name of the file in the configuration directory.</summary>
    public const string FileName = "mandos.conf";

    // As in stock, other options can refer to them, as in %(servicename)s
    private const string BuiltInDefaults = $"""
        [DEFAULT]
        interface =
        address =
        port =
        socket =
        debug = False
        debuglevel =
        foreground = False
        priority = {ServerOptions.DefaultPriority}
        servicename = {ServerOptions.DefaultServiceName}
        use_dbus = True
        use_ipv6 = True
        zeroconf = True
        restore = True
        statedir = {ServerOptions.DefaultStateDirectory}

        """;

    private readonly ProblemList _problems = new();
    private readonly ProblemList _warnings = new();
    private readonly ProblemList _notes = new();
    private readonly ConfigDocument _file;
    private readonly HashSet<OptionName> _known = [];

    private ServerOptionsLoader() => _file = new ConfigDocument(_problems, BuiltInDefaults, _warnings);

    /// <summary>Reads <c>mandos.conf</c> and gathers all problems.</summary>
    /// <param name="commandLine">The options given there; they go before the file's.</param>
    /// <param name="hasSockets">Whether there are sockets to listen on already.</param>
    public static ServerOptionsResult Load(CommandLineOptions commandLine, bool hasSockets = false)
    {
        using ServerOptionsLoader loader = new();
        return loader.LoadCore(commandLine, hasSockets);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private ServerOptionsResult LoadCore(CommandLineOptions commandLine, bool hasSockets)
    {
        string configDirectory = commandLine.ConfigDirectory ?? ServerOptions.DefaultConfigDirectory;
        _file.AddFile(Path.Combine(configDirectory, FileName));
        bool isMisspelt = commandLine.ConfigDirectory is not null && !Directory.Exists(configDirectory);
        if (isMisspelt)
        {
            _problems.Add(new ConfigProblem(configDirectory, 0, "there is no such directory; --configdir has to name the one that has clients.conf"));
        }

        bool debug = commandLine.Debug ?? Value<bool>("debug", OptionValues.ParseBoolean) ?? false;
        DebugLevel? level = commandLine.DebugLevel ?? Value<DebugLevel>("debuglevel", OptionValues.ParseLevel);
        int? port = commandLine.Port ?? Value<int>("port", OptionValues.ParsePort);
        ServerOptions options = new()
        {
            ConfigDirectory = configDirectory,
            Interface = NullIfEmpty(commandLine.Interface ?? Text("interface", OptionValues.CheckInterface, mayBeEmpty: true)),
            Address = NullIfEmpty(commandLine.Address ?? Text("address", _ => null, mayBeEmpty: true)),
            Port = port == 0 ? null : port,
            Socket = commandLine.Socket ?? Value<int>("socket", OptionValues.ParseDescriptor),
            Debug = debug,
            DebugLevel = debug ? DebugLevel.Debug : level ?? DebugLevel.Warning,
            LogFormat = commandLine.LogFormat ?? Value<OutputFormat>("log_format", OptionValues.ParseFormat) ?? OutputFormat.Text,
            Foreground = (commandLine.Foreground ?? Value<bool>("foreground", OptionValues.ParseBoolean) ?? false) || debug,
            Priority = commandLine.Priority ?? Text("priority", OptionValues.CheckText) ?? ServerOptions.DefaultPriority,
            PriorityLine = commandLine.Priority is null ? LineOf("priority") : null,
            ServiceName = commandLine.ServiceName ?? Text("servicename", OptionValues.CheckServiceName)
                ?? ServerOptions.DefaultServiceName,
            UseDBus = commandLine.UseDBus ?? Value<bool>("use_dbus", OptionValues.ParseBoolean) ?? true,
            UseIPv6 = commandLine.UseIPv6 ?? Value<bool>("use_ipv6", OptionValues.ParseBoolean) ?? true,
            UseZeroconf = commandLine.UseZeroconf ?? Value<bool>("zeroconf", OptionValues.ParseBoolean) ?? true,
            Restore = commandLine.Restore ?? Value<bool>("restore", OptionValues.ParseBoolean) ?? true,
            StateDirectory = commandLine.StateDirectory ?? Text("statedir", OptionValues.CheckPath)
                ?? ServerOptions.DefaultStateDirectory,
            PluginDirectory = commandLine.PluginDirectory ?? Text("plugindir", OptionValues.CheckPath),
            MaxConnections = Value<int>("max_connections", OptionValues.ParseLimit),
            MaxConnectionsPerAddress = Value<int>("max_connections_per_address", OptionValues.ParseLimit),
            MaxRequestsPerClient = Value<int>("max_requests_per_client", OptionValues.ParseLimit),
            AuditLog = NullIfEmpty(Text("audit_log", OptionValues.CheckFile, mayBeEmpty: true)),
            AuditRequired = Value<bool>("audit_required", OptionValues.ParseBoolean) ?? false,
            Invitations = Value<bool>("invitations", OptionValues.ParseBoolean) ?? false,
            StrictConfig = Value<bool>("strict_config", OptionValues.ParseBoolean) ?? false,
            Watchdog = Value<TimeSpan>("watchdog", OptionValues.ParseWatchdog) ?? new ServerOptions().Watchdog,
        };
        CheckAddress(options, commandLine);
        if (options is { AuditRequired: true, AuditLog: null })
        {
            ReportFound("audit_required", "there is no audit log that could be required; set audit_log too");
        }

        NoteIgnored();

        bool isFine = _problems.Problems.Count == 0;
        string? usageError = isFine && !options.UseZeroconf && options.Port is null && options.Socket is null && !hasSockets
            ? "without Zeroconf a port or a socket is needed; give --port or --socket"
            : null;
        return new ServerOptionsResult
        {
            Options = isFine && usageError is null ? options : null,
            Readable = options,
            Problems = _problems.InOrder,
            IsUnread = _file.Unread.Count > 0 || isMisspelt, // or on a disk that is not mounted yet
            Warnings = _warnings.InOrder,
            UsageError = usageError,
            Notes = _notes.InOrder,
        };
    }

    /// <summary>A number, switch or level: interpolated; unset or empty is null.</summary>
    private T? Value<T>(string name, OptionValues.Parser<T> parse)
        where T : struct
    {
        if (!TryFind(name, out ConfigOption option) || !_file.TryRead(_file.Defaults, option, out ReadOnlySpan<byte> utf8))
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(utf8);
        if (text.Length == 0 && typeof(T) != typeof(bool))
        {
            return null;
        }

        string? fault = parse(text, out T value);
        Report(option, fault);
        return fault is null ? value : null;
    }

    /// <summary>A text, taken as written: stock interpolates none, and a usual priority string has a lone <c>%</c>.</summary>
    private string? Text(string name, Func<string, string?> check, bool mayBeEmpty = false)
    {
        if (!TryFind(name, out ConfigOption option))
        {
            return null;
        }

        string text = Encoding.UTF8.GetString(_file.ReadRaw(option));
        if (text.Length > 0 || !mayBeEmpty)
        {
            Report(option, check(text));
        }

        return text;
    }

    private bool TryFind(string name, out ConfigOption option)
    {
        option = default;
        OptionName? found = _file.FindName(name);
        if (found is null || !_known.Add(found) || found.DefaultIndex == OptionName.None)
        {
            return false;
        }

        option = _file.OptionsOf(_file.Defaults)[found.DefaultIndex];
        return !_file.IsBuiltIn(option);
    }

    /// <summary>The line of an option in its file; 0 if it is not set there.</summary>
    private int LineOf(string name)
        => _file.FindName(name) is { DefaultIndex: not OptionName.None and var index } && _file.OptionsOf(_file.Defaults)[index] is var option
            && !_file.IsBuiltIn(option) ? _file.At(option.Line, "").Line : 0;

    /// <summary>The form of an address depends on <c>use_ipv6</c>, wherever either was given.</summary>
    private void CheckAddress(ServerOptions options, CommandLineOptions commandLine)
    {
        if (options.Address is null)
        {
            return;
        }

        // A list of only separators is no address either
        string? fault = OptionValues.Split(options.Address).DefaultIfEmpty("")
            .Select(address => OptionValues.CheckAddress(address, options.UseIPv6)).FirstOrDefault(fault => fault is not null);
        if (fault is null)
        {
            return;
        }

        if (commandLine.Address is null)
        {
            ReportFound("address", fault);
        }
        else
        {
            _problems.Add(new ConfigProblem("command line", 0, $"--address: {fault}"));
        }
    }

    private void NoteIgnored()
    {
        foreach (ConfigOption option in _file.OptionsOf(_file.Defaults))
        {
            if (!_file.IsBuiltIn(option) && !_known.Contains(option.Name))
            {
                _notes.Add(_file.At(option.Line, $"option {OptionValues.ShowName(option.Name.Text)} is unknown and ignored"));
            }
        }

        foreach (ConfigSection section in _file.Sections)
        {
            string name = OptionValues.Show(section.Name);
            _notes.Add(_file.At(section.Line, $"section [{name}] is ignored; options belong in [DEFAULT]"));
        }
    }

    private void Report(in ConfigOption option, string? fault)
    {
        if (fault is not null)
        {
            _file.Report(_file.Defaults, option, fault);
        }
    }

    /// <summary>Reports a fault of an option that the file sets.</summary>
    private void ReportFound(string name, string fault)
        => Report(_file.OptionsOf(_file.Defaults)[_file.FindName(name)!.DefaultIndex], fault);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
