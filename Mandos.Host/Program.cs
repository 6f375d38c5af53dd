using Mandos.Abstractions.Tls;
using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.Host.Daemon;
using Mandos.Host.Logging;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Plugins.Trust;
using Mandos.Host.Privileges;
using Mandos.Host.Probing;
using Mandos.Host.SelfTesting;
using Mandos.Host.Server;
using Mandos.Host.Systemd;
using Mandos.Host.Transfer;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host;

/// <summary>The executable <c>mandos</c>.</summary>
internal static class Program
{
    /// <summary>A fatal error at start, a failed self-test, or a faulty configuration.</summary>
    private const int Failure = 1;

    /// <summary>A mistake in the configuration, so that a new start is of no use: EX_CONFIG in sysexits(3).</summary>
    private const int Misconfigured = 78;

    public static async Task<int> Main(string[] arguments)
    {
        if (ProcessLimits.FindFault() is { } limit)
        {
            ProcessLimits.Say($"mandos: {limit}\n");
            return Failure;
        }

        CommandLineResult commandLine = CommandLineParser.Parse(arguments);
        if (commandLine.Options is not { } given)
        {
            return Exit(commandLine);
        }

        try
        {
            return await (given.Action switch
            {
                CommandLineAction.Check => CheckAsync(given),
                CommandLineAction.CheckConfiguration => CheckConfigurationAsync(given),
                CommandLineAction.Probe => ProbeAsync(given),
                CommandLineAction.ListPlugins => Task.FromResult(ListPlugins(given)),
                CommandLineAction.ShowPriority => Task.FromResult(ShowPriority(given)),
                CommandLineAction.ExportState or CommandLineAction.ImportState => TransferAsync(given),
                _ => ServeAndExitAsync(given),
            }).ConfigureAwait(false);
        }
        catch (PluginException e)
        {
            return Fail([e.Message]);
        }
        catch (Exception e) when (given.Debug != true)
        {
            // The last resort: one line rather than a stack trace, unless that is asked for
            return Fail([$"unexpected error, please report it with the output of --debug: {LogText.Escape(LogText.Summarize(e))}"]);
        }
    }

    private static async Task<int> ServeAndExitAsync(CommandLineOptions given)
    {
        int status = await ServeAsync(given).ConfigureAwait(false);

        // Returning it would wait for the threads of plugins, which may never end. The server's own work is done and written.
        Libc._exit(status);
        return status;
    }

    private static async Task<int> ServeAsync(CommandLineOptions given)
    {
        DaemonProcess? daemon = DaemonProcess.Detect();
        ServerOptionsResult result = ServerOptionsLoader.Load(given, SocketActivation.Offered(daemon?.LauncherId).Count > 0);
        if (result.UsageError is { } usageError)
        {
            return Exit(CommandLineParser.UsageError(usageError));
        }

        if (result.Options is not { } options)
        {
            using ServerLog fatal = OpenServerLog(result.Readable, daemon);
            Fail([.. result.Problems.Select(problem => problem.ToString())], fatal);
            return result.IsUnread ? Failure : Misconfigured;
        }

        if (daemon is not null)
        {
            options = options.WithAbsolutePaths();
            Directory.SetCurrentDirectory("/");
        }
        else if (options.Foreground)
        {
            Diagnostics.EnsureOff();
        }
        else
        {
            return DaemonLauncher.Run(options.Socket);
        }

        using ServerLog log = OpenServerLog(options, daemon);
        log.ServiceName = options.ServiceName;
        try
        {
            var server = new MandosServer(options, log, daemon, TimeProvider.System);
            return await server.RunAsync(result.Notes, result.Warnings).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            Fail(e.Problems, log);
            return e.IsMistake ? Misconfigured : Failure;
        }
        catch (Exception e)
        {
            log.WriteFatal(LogText.Summarize(e));
            if (log.IsJson)
            {
                return Failure;
            }

            throw;
        }
    }

    private static async Task<int> CheckAsync(CommandLineOptions given)
    {
        string? subject = OwnProcess.TakeVariable(SubjectProcess.Variable);
        bool debug = given.Debug == true;
        using ServerLog log = OpenLog(debug ? DebugLevel.Debug : DebugLevel.Critical, Console.OpenStandardError(), debug);
        using var relay = new ContextLog(log.Factory);
        PluginServices services = TemporaryServices(log) with { LoggerFactory = relay, IsTrial = true };
        LeaveBusAlone();

        // A faulty configuration is no reason not to test
        ServerOptions options = ServerOptionsLoader.Load(given).Readable;
        PluginFileResult file = PluginFileReader.Read(options.ConfigDirectory);
        PluginCatalog plugins = PluginCatalog.Load(
            options.PluginDirectory ?? PluginDiscovery.DefaultDirectory, services, file.Problems.Count == 0 ? file.Options : null);
        IReadOnlyList<Subject> subjects = Subject.All(plugins, services, relay);
        if (subject is null)
        {
            return await new SelfTest(plugins, subjects, Console.Out).RunAsync(CancellationToken.None).ConfigureAwait(false) ? 0 : Failure;
        }

        new UnhandledExceptions(plugins, TimeProvider.System, log.Factory.CreateLogger<UnhandledExceptions>()).Catch();
        return await subjects.Single(candidate => candidate.Name == subject).TestAsync(Console.WriteLine).ConfigureAwait(false)
            ? 0
            : Failure;
    }

    private static async Task<int> CheckConfigurationAsync(CommandLineOptions given)
    {
        using ServerLog log = OpenLog(DebugLevel.Critical, Console.OpenStandardError(), debug: false);
        LeaveBusAlone();
        var check = new ConfigurationCheck(given, TemporaryServices(log), BecomeServer);
        return await check.RunAsync(Console.Out).ConfigureAwait(false) ? 0 : Failure;
    }

    private static async Task<int> ProbeAsync(CommandLineOptions given)
    {
        // A mistake in the configuration is no matter for a server that runs.
        string stateDirectory = ServerOptionsLoader.Load(given).Readable.StateDirectory;
        if (await new ServerProbe(stateDirectory, ServerProbe.Limit).FindFaultAsync().ConfigureAwait(false) is { } fault)
        {
            return Fail([fault]);
        }

        Console.Out.WriteLine("the server answers");
        return 0;
    }

    private static async Task<int> TransferAsync(CommandLineOptions given)
    {
        string file = given.StateFile!;
        try
        {
            if (!TransferProcess.IsOther)
            {
                return await (given.Action == CommandLineAction.ExportState
                    ? TransferProcess.ExportAsync(file, Console.Out)
                    : TransferProcess.ImportAsync(file, Console.Out)).ConfigureAwait(false) ? 0 : Failure;
            }

            using ServerLog log = OpenLog(DebugLevel.Critical, Console.OpenStandardError(), debug: false);
            var transfer = new StateTransfer(given, TemporaryServices(log), BecomeServer);
            IReadOnlyList<string> done;
            if (given.Action == CommandLineAction.ExportState)
            {
                using Stream output = Console.OpenStandardOutput();
                done = await transfer.ExportAsync(output).ConfigureAwait(false);
            }
            else
            {
                using Stream input = Console.OpenStandardInput();
                done = await transfer.ImportAsync(input, given.Replace).ConfigureAwait(false);
            }

            await Console.Error.WriteAsync(string.Concat(done.Select(static line => line + "\n"))).ConfigureAwait(false);
            return 0;
        }
        catch (StartException e)
        {
            return Fail(e.Problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail([$"{file}: {LogText.Escape(e.Message)}"]);
        }
    }

    /// <summary>Gives up root's rights for good, as a server does before it loads plugins.</summary>
    /// <returns>What keeps a server from it; null if nothing does.</returns>
    private static string? BecomeServer()
    {
        ServerAccount account = ServerAccount.Find();
        return !Environment.IsPrivilegedProcess ? null
            : account.Become(out bool isForbidden) is { } fault && !isForbidden ? $"cannot become user {account.User} and group {account.Group}: {fault}"
            : ProgramFiles.FindUnreadable();
    }

    private static int ListPlugins(CommandLineOptions given)
    {
        using ServerLog log = OpenLog(DebugLevel.Critical, Console.OpenStandardError(), debug: false);
        if (LoadPlugins(given, log, out string directory) is not { } plugins)
        {
            return Failure;
        }

        if (given.Json)
        {
            PluginListing.WriteJson(plugins.Plugins, Console.Out);
        }
        else
        {
            PluginListing.Write(plugins.Plugins, directory, Console.Out);
        }

        // The table shows what there is; what plugins.yaml asks for besides keeps a server from starting
        foreach (ConfigProblem problem in plugins.CheckOptions(out IReadOnlyList<ConfigProblem> absent).Concat(absent))
        {
            Console.Error.WriteLine($"mandos: {problem}");
        }

        return 0;
    }

    private static int ShowPriority(CommandLineOptions given)
    {
        using ServerLog log = OpenLog(DebugLevel.Critical, Console.OpenStandardError(), debug: false);
        if (LoadPlugins(given, log, out _) is not { } plugins)
        {
            return Failure;
        }

        using ITlsBackend tls = plugins.GetOnly<ITlsBackend>().Create();
        try
        {
            PriorityListing.Write(given.ShownPriority!, tls.DescribePriority(given.ShownPriority!), Console.Out);
            return 0;
        }
        catch (PriorityStringException e)
        {
            return Fail([e.Message]);
        }
    }

    /// <summary>Loads the plugins as a server would; null if the configuration is faulty, which has been said.</summary>
    private static PluginCatalog? LoadPlugins(CommandLineOptions given, ServerLog log, out string directory)
    {
        ServerOptionsResult result = ServerOptionsLoader.Load(given);
        ServerOptions options = result.Readable;
        directory = options.PluginDirectory ?? PluginDiscovery.DefaultDirectory;
        PluginFileResult file = PluginFileReader.Read(options.ConfigDirectory);
        if (file.IsForbidden)
        {
            // An ordinary user may ask all the same
            Console.Error.WriteLine($"mandos: {file.Problems[0]}; the plugins are taken as if it were not there");
            file = new(file.Options, []);
        }

        ConfigProblem[] problems = [.. result.Problems, .. file.Problems];
        if (problems.Length > 0)
        {
            Fail(problems.Select(problem => problem.ToString()));
            return null;
        }

        PluginServices services = TemporaryServices(log); // knows whom to trust, as it was started
        if (BecomeServer() is { } fault)
        {
            Fail([fault]);
            return null;
        }

        return PluginCatalog.Load(directory, services, file.Options.With(options));
    }

    /// <summary>
    /// Plugins that are tried must not announce anything on the system bus, nor offer the sample clients there: they get an address at
    /// which nothing can be.
    /// </summary>
    private static void LeaveBusAlone() => Environment.SetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/dev/null/no-bus");

    private static PluginServices TemporaryServices(ServerLog log) => new()
    {
        LoggerFactory = log.Factory,
        TimeProvider = TimeProvider.System,
        StateDirectory = Path.GetTempPath(),
        Owners = TrustedOwners.Current(),
    };

    private static ServerLog OpenLog(DebugLevel level, Stream? terminal, bool debug)
        => new(MinimumOf(level), terminal, debug, TimeProvider.System);

    /// <summary>
    /// The log of a server: the system's, and standard error if that is asked for, or if there is no system log. JSON goes to standard error
    /// alone, unless that will be nothing, as a daemon's is once it serves.
    /// </summary>
    private static ServerLog OpenServerLog(ServerOptions options, DaemonProcess? daemon)
    {
        bool isJson = options.LogFormat == OutputFormat.Json;
        Stream? terminal = isJson || options.Debug || !Syslog.IsThere ? daemon?.Error ?? Console.OpenStandardError() : null;
        return new ServerLog(
            MinimumOf(options.DebugLevel), terminal, options.Debug, TimeProvider.System, useSyslog: !isJson || daemon is not null, options.LogFormat);
    }

    private static LogLevel MinimumOf(DebugLevel level) => level switch
    {
        DebugLevel.Debug => LogLevel.Debug,
        DebugLevel.Info => LogLevel.Information,
        DebugLevel.Warning => LogLevel.Warning,
        DebugLevel.Error => LogLevel.Error,
        _ => LogLevel.Critical,
    };

    private static int Exit(CommandLineResult result)
    {
        Console.Out.Write(result.Output);
        Console.Error.Write(result.Error);
        return result.ExitCode;
    }

    private static int Fail(IEnumerable<string> problems, ServerLog? log = null)
    {
        foreach (string problem in problems)
        {
            log?.WriteFatal(problem);
            if (log?.IsJson != true)
            {
                Console.Error.WriteLine($"mandos: {problem}");
            }
        }

        return Failure;
    }
}
