using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Host.Logging;

namespace Mandos.Host.Plugins.Checkers;

/// <summary>Finds out before the first check whether the programs of the clients' commands are there, and whether fping may ping.</summary>
internal static partial class CheckerPrograms
{
    /// <summary>Where fping looks up ICMP.</summary>
    private const string Protocols = "/etc/protocols";

    /// <summary>The greatest number of programs that are looked for; a configuration with more of them uses scripts.</summary>
    private const int Max = 20;

    /// <summary>Most characters of what a program says that are shown.</summary>
    private const int MaxWords = 200;

    /// <summary>How long each may take: fping sends a few pings, half a second apart.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    /// <summary>Looks for the programs.</summary>
    /// <param name="clients">The clients.</param>
    /// <param name="pings">Whether fping is to ping; this process has to have the rights that it will have for that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A line for each that will not do.</returns>
    public static Task<IReadOnlyList<string>> FindFaultsAsync(
        IEnumerable<ClientDefinition> clients, bool pings, CancellationToken cancellationToken)
        => FindFaultsAsync(FindUsers(clients), pings, cancellationToken);

    /// <summary>Looks for programs that were found in the clients' commands.</summary>
    /// <param name="programs">The programs.</param>
    /// <param name="pings">Whether fping is to ping; this process has to have the rights that it will have for that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A line for each that will not do.</returns>
    public static async Task<IReadOnlyList<string>> FindFaultsAsync(
        IEnumerable<Users> programs, bool pings, CancellationToken cancellationToken)
    {
        List<string> faults = [];
        foreach (Users users in programs)
        {
            if (await FindFaultAsync(users.Program, pings, cancellationToken).ConfigureAwait(false) is { } fault)
            {
                string who = users.Others == 0 ? $"Client {users.First}" : $"Client {users.First} and {users.Others} more";
                faults.Add($"{who}: {fault}; their checks will fail, and they will be disabled");
            }
        }

        return faults;
    }

    /// <summary>Finds the programs in the clients' commands, of which there are few, even where there are many clients.</summary>
    public static IEnumerable<Users> FindUsers(IEnumerable<ClientDefinition> clients)
    {
        Dictionary<string, Users?> byCommand = new(StringComparer.Ordinal);
        Dictionary<string, Users> byProgram = new(StringComparer.Ordinal);
        foreach (ClientDefinition client in clients)
        {
            ClientSettings settings = client.Settings;
            if (settings.CheckerPlugin is not (null or ClientDefinition.StandardChecker))
            {
                continue;
            }

            if (!byCommand.TryGetValue(settings.Checker, out Users? users))
            {
                if (ProgramOf(settings.Checker) is { } program && !byProgram.TryGetValue(program, out users))
                {
                    byProgram.Add(program, users = new Users(program, client.Name) { Others = -1 });
                }

                byCommand.Add(settings.Checker, users);
            }

            if (users is not null)
            {
                users.Others++;
            }
        }

        return byProgram.Values.Take(Max);
    }

    /// <summary>Looks for one program.</summary>
    /// <returns>What is wrong with it; null if nothing is.</returns>
    public static async Task<string?> FindFaultAsync(string program, bool pings, CancellationToken cancellationToken)
    {
        // Where no file has that name the shell itself is asked, as some are its own. A process costs memory and time at each start.
        if (!IsFile(program) && (await RunAsync("/bin/sh", ["-c", "command -v \"$0\"", program], cancellationToken).ConfigureAwait(false)).Status != 0)
        {
            return $"the program “{program}” of its checker is not there (PATH is {Environment.GetEnvironmentVariable("PATH")}); install it";
        }

        if (!pings || Path.GetFileName(program) != "fping")
        {
            return null;
        }

        (int status, string words) = await RunAsync("/bin/sh", ["-c", "\"$0\" -- 127.0.0.1", program], cancellationToken).ConfigureAwait(false);
        string need = File.Exists(Protocols) ? "the right to raw sockets (CAP_NET_RAW)" : $"the file {Protocols}, which is in Debian's netbase";
        return status == 0 ? null : $"“{program}” cannot even ping this machine (exit code {status}: {words}); it needs {need}";
    }

    /// <summary>Whether anybody can run a file of that name, as the shell looks for it.</summary>
    private static bool IsFile(string program)
    {
        return program.Contains('/', StringComparison.Ordinal) ? CanRun("/")
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Any(CanRun);

        bool CanRun(string folder)
        {
            var file = new FileInfo(Path.Combine(folder, program));
            return file.Exists && file.UnixFileMode is >= UnixFileMode.None and var mode // -1, with all flags, of a link to nothing
                && mode.HasFlag(UnixFileMode.OtherExecute);
        }
    }

    /// <summary>The program of a simple command; null where only the shell knows what is run.</summary>
    private static string? ProgramOf(string command) => SimpleCommand().Match(command) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"^\s*([A-Za-z0-9_/][A-Za-z0-9_.+/-]*)(?:\s|$)")]
    private static partial Regex SimpleCommand();

    /// <returns>Its exit status, and the last line of what it says; -1 if it cannot be run or takes too long.</returns>
    private static async Task<(int Status, string Words)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        try
        {
            using Process process = Process.Start(start)!;
            try
            {
                process.StandardInput.Close();
                Task<string> output = process.StandardOutput.ReadToEndAsync(either.Token);
                string errors = await process.StandardError.ReadToEndAsync(either.Token).ConfigureAwait(false);
                string last = $"{await output.ConfigureAwait(false)}\n{errors}".Trim().Split('\n')[^1];
                await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
                return (process.ExitCode, LogText.Escape(last.Length > MaxWords ? last[..MaxWords] : last));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return (-1, "it does not end");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            return (-1, LogText.Summarize(e));
        }
    }


    /// <summary>The clients whose checks run a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="first">The first of them.</param>
    public sealed class Users(string program, string first)
    {
        public string Program => program;

        public string First => first;

        /// <summary>How many there are besides the first.</summary>
        public int Others { get; set; }
    }
}
