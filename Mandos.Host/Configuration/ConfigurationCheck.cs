using Mandos.Host.CommandLine;

namespace Mandos.Host.Configuration;

/// <summary>Reads all files as a start would, and says what is wrong with them, for <c>--check-config</c>.</summary>
internal static class ConfigurationCheck
{
    /// <summary>Checks <c>mandos.conf</c>, together with the command line, and the clients' files.</summary>
    /// <param name="commandLine">The options given there.</param>
    /// <param name="output">Gets a line for each problem, one for each option that is ignored, and a summary.</param>
    /// <returns>Whether a server would start from these files.</returns>
    public static bool Run(CommandLineOptions commandLine, TextWriter output)
    {
        string directory = commandLine.ConfigDirectory ?? ServerOptions.DefaultConfigDirectory;
        ServerOptionsResult server = ServerOptionsLoader.Load(commandLine);
        ClientFileResult clients = ClientFileReader.Read(directory);

        List<ConfigProblem> problems = [.. server.Problems, .. clients.Problems];
        if (server.UsageError is { } usageError)
        {
            problems.Insert(0, new ConfigProblem(Path.Combine(directory, ServerOptionsLoader.FileName), 0, usageError));
        }

        foreach (ConfigProblem problem in problems)
        {
            output.WriteLine(problem);
        }

        foreach (ConfigProblem note in server.Notes.Concat(clients.Notes))
        {
            output.WriteLine(note with { Message = $"note: {note.Message}" });
        }

        int count = clients.Clients?.Count ?? 0;
        foreach (var client in clients.Clients ?? [])
        {
            client.Secret.Dispose();
        }

        output.WriteLine(problems.Count > 0 ? $"{directory}: {Count(problems.Count, "problem")}"
            : $"{directory}: no problems, {Count(count, "client")}");
        return problems.Count == 0;
    }

    private static string Count(int number, string what) => number == 1 ? $"1 {what}" : $"{number} {what}s";
}
