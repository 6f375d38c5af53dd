using Mandos.Host.Configuration;

namespace Mandos.Host.CommandLine;

/// <summary>What came of reading the command line: options to go on with, or an exit.</summary>
internal sealed record CommandLineResult
{
    /// <summary>The options; null if the program is to exit.</summary>
    public CommandLineOptions? Options { get; init; }

    /// <summary>Exit status where <see cref="Options"/> is null: 0, or 2 for bad usage.</summary>
    public int ExitCode { get; init; }

    /// <summary>Text for standard output, complete with its last newline.</summary>
    public string Output { get; init; } = "";

    /// <summary>Text for standard error, complete with its last newline.</summary>
    public string Error { get; init; } = "";
}
