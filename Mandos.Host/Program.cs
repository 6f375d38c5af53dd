using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Plugins;
using Mandos.Host.SelfTesting;
using Mandos.Host.Server;
using Microsoft.Extensions.Logging;

namespace Mandos.Host;

/// <summary>The executable <c>mandos</c>.</summary>
internal static class Program
{
    /// <summary>A fatal error at start, a failed self-test, or a faulty configuration.</summary>
    private const int Failure = 1;

    public static async Task<int> Main(string[] arguments)
    {
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
                CommandLineAction.CheckConfiguration => Task.FromResult(ConfigurationCheck.Run(given, Console.Out) ? 0 : Failure),
                CommandLineAction.ListPlugins => ListPluginsAsync(given),
                _ => ServeAsync(given),
            }).ConfigureAwait(false);
        }
        catch (PluginException e)
        {
            return Fail([e.Message]);
        }
        catch (StartException e)
        {
            return Fail(e.Problems);
        }
#pragma warning disable CA1031 // The last resort: one line rather than a stack trace, unless that is asked for
        catch (Exception e) when (given.Debug != true)
#pragma warning restore CA1031
        {
            return Fail([$"unexpected error, please report it with the output of --debug: {LogText.Escape(LogText.Summarize(e))}"]);
        }
    }

    private static async Task<int> ServeAsync(CommandLineOptions given)
    {
        ServerOptionsResult result = ServerOptionsLoader.Load(given);
        if (result.UsageError is { } usageError)
        {
            return Exit(CommandLineParser.UsageError(usageError));
        }

        if (result.Options is not { } options)
        {
            return Fail(result.Problems.Select(problem => problem.ToString()));
        }

        using ServerLog log = OpenLog(options.DebugLevel, options.Debug);
        log.ServiceName = options.ServiceName;
        return await new MandosServer(options, log, TimeProvider.System).RunAsync(result.Notes).ConfigureAwait(false);
    }

    private static async Task<int> CheckAsync(CommandLineOptions given)
    {
        using ServerLog log = OpenLog(given.Debug == true ? DebugLevel.Debug : DebugLevel.Critical, given.Debug == true);
        PluginServices services = TemporaryServices(log);
        LeaveBusAlone();

        // A faulty mandos.conf is no reason not to test
        string? directory = given.PluginDirectory ?? ServerOptionsLoader.Load(given).Options?.PluginDirectory;
        var test = new SelfTest(LoadPlugins(directory, services), services, Console.Out);
        return await test.RunAsync(CancellationToken.None).ConfigureAwait(false) ? 0 : Failure;
    }

    private static Task<int> ListPluginsAsync(CommandLineOptions given)
    {
        ServerOptionsResult result = ServerOptionsLoader.Load(given);
        if (result.Problems.Count > 0)
        {
            return Task.FromResult(Fail(result.Problems.Select(problem => problem.ToString())));
        }

        using ServerLog log = OpenLog(DebugLevel.Critical, debug: false);
        string? directory = result.Options?.PluginDirectory ?? given.PluginDirectory;
        PluginListing.Write(LoadPlugins(directory, TemporaryServices(log)).Plugins, Console.Out);
        return Task.FromResult(0);
    }

    /// <summary>
    /// Plugins that are tried must not announce anything on the system bus, nor offer the sample clients there: they get an address at
    /// which nothing can be.
    /// </summary>
    private static void LeaveBusAlone() => Environment.SetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/dev/null/no-bus");

    private static PluginCatalog LoadPlugins(string? directory, PluginServices services)
        => PluginCatalog.Load(directory ?? MandosServer.DefaultPluginDirectory, services);

    private static PluginServices TemporaryServices(ServerLog log) => new()
    {
        LoggerFactory = log.Factory,
        TimeProvider = TimeProvider.System,
        StateDirectory = Path.GetTempPath(),
    };

    private static ServerLog OpenLog(DebugLevel level, bool debug)
    {
        LogLevel minimum = level switch
        {
            DebugLevel.Debug => LogLevel.Debug,
            DebugLevel.Info => LogLevel.Information,
            DebugLevel.Warning => LogLevel.Warning,
            DebugLevel.Error => LogLevel.Error,
            _ => LogLevel.Critical,
        };
        return new ServerLog(minimum, Console.OpenStandardError(), debug, TimeProvider.System);
    }

    private static int Exit(CommandLineResult result)
    {
        Console.Out.Write(result.Output);
        Console.Error.Write(result.Error);
        return result.ExitCode;
    }

    private static int Fail(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            Console.Error.WriteLine($"mandos: {problem}");
        }

        return Failure;
    }
}
