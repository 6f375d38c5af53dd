using System.CommandLine;
using System.Reflection;
using Mandos.Host.Configuration;

namespace Mandos.Host.CommandLine;

/// <summary>Reads the command line of <c>mandos</c>, described in mandos(8).</summary>
internal static class CommandLineParser
{
    private const int BadUsage = 2;

    // Response files would read @file arguments, and bundling is done by the normalizer
    private static readonly ParserConfiguration _configuration = new()
    {
        ResponseFileTokenReplacer = null,
        EnablePosixBundling = false,
    };

    /// <summary>The program's version.</summary>
    /// <remarks>The build appends the commit to it with a plus sign, which is of no use to a user.</remarks>
    public static string Version { get; } = typeof(CommandLineParser).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Reads arguments.</summary>
    /// <param name="arguments">Without the program's name.</param>
    public static CommandLineResult Parse(IReadOnlyList<string> arguments)
    {
        ServerCommand command = new();
        string? fault = new ArgumentNormalizer(command.Command.Options, command.Own).Normalize(arguments, out List<string> normalized);
        ParseResult result = command.Command.Parse(normalized, _configuration);

        // A request for help is answered, however wrong the rest
        return command.AsksForHelp(result) ? new CommandLineResult { Output = HelpText.Help(command.Command) }
            : command.AsksForVersion(result) ? new CommandLineResult { Output = $"mandos {Version}\n" }
            : fault is not null ? UsageError(fault)
            : result.Errors.Count > 0 ? UsageError(result.Errors[0].Message)
            : command.Read(result) is var options && options is { Json: true, Action: not CommandLineAction.ListPlugins }
                ? UsageError("option --json is for --list-plugins alone")
            : options is { Replace: true, Action: not CommandLineAction.ImportState } ? UsageError("option --replace is for --import-state alone")
            : new CommandLineResult { Options = options };
    }

    /// <summary>The exit for a command line that cannot be served.</summary>
    /// <param name="message">What is wrong, in one line.</param>
    public static CommandLineResult UsageError(string message) => new()
    {
        ExitCode = BadUsage,
        Error = $"{HelpText.Usage(new ServerCommand().Command)}mandos: error: {message}\n",
    };
}
