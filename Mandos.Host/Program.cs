using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Plugins;
using Mandos.Host.Server;
using Microsoft.Extensions.Logging;

namespace Mandos.Host;

/// <summary>The executable <c>mandos</c>.</summary>
internal static class Program
{
    /// <summary>A fatal error at start.</summary>
    private const int CannotStart = 1;

    public static async Task<int> Main(string[] arguments)
    {
        CommandLineResult commandLine = CommandLineParser.Parse(arguments);
        if (commandLine.Options is not { } given)
        {
            return Exit(commandLine);
        }

        ServerOptionsResult result = ServerOptionsLoader.Load(given);
        if (result.UsageError is { } usageError)
        {
            return Exit(CommandLineParser.UsageError(usageError));
        }

        if (result.Options is not { } options)
        {
            return Fail(result.Problems.Select(problem => problem.ToString()));
        }

        using var log = new ServerLog(Level(options.DebugLevel), Console.OpenStandardError(), options.Debug, TimeProvider.System)
        {
            ServiceName = options.ServiceName,
        };
        try
        {
            if (given.Action == CommandLineAction.ListPlugins)
            {
                PluginListing.Write(MandosServer.LoadPlugins(options, log, TimeProvider.System).Plugins, Console.Out);
                return 0;
            }

            return await new MandosServer(options, log, TimeProvider.System).RunAsync(result.Notes).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            return Fail(e.Problems);
        }
    }

    private static LogLevel Level(DebugLevel level) => level switch
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

    private static int Fail(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            Console.Error.WriteLine($"mandos: {problem}");
        }

        return CannotStart;
    }
}
