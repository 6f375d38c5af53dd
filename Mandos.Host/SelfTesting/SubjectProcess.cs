using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mandos.Host.Unix;

namespace Mandos.Host.SelfTesting;

/// <summary>
/// A process of this program that puts one subject to the test, so that a plugin that crashes or hangs takes nothing else with it, and
/// whatever it leaves behind is found.
/// </summary>
/// <param name="subject">The subject.</param>
internal sealed class SubjectProcess(Subject subject)
{
    /// <summary>Tells the process which subject to test.</summary>
    public const string Variable = "MANDOS_CHECK_SUBJECT";

    private const string TemporaryDirectory = "TMPDIR";
    private const int SIGKILL = 9;

    /// <summary>How long the process may take to start, beside the time of its first check.</summary>
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(20);

    /// <summary>How long the process may take to end, once its checks are done.</summary>
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(3);

    /// <summary>Does all checks, in a process of their own.</summary>
    /// <returns>A line for each check, and one for what was left behind.</returns>
    public async Task<IReadOnlyList<CheckLine>> RunAsync(CancellationToken cancellationToken)
    {
        // The directory tells the processes of this test from all others, too.
        DirectoryInfo directory = Directory.CreateTempSubdirectory("mandos-check-");
        try
        {
            return await RunAsync(directory.FullName, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private async Task<IReadOnlyList<CheckLine>> RunAsync(string directory, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, OwnProcess.Arguments()[1..]) { RedirectStandardOutput = true };
        start.Environment[Variable] = subject.Name;
        start.Environment[TemporaryDirectory] = directory;
        using Process process = Process.Start(start)!;
        List<CheckLine> lines = [];
        try
        {
            string? trouble = await ReadAsync(process, lines, cancellationToken).ConfigureAwait(false);
            if (trouble is null && !await EndsAsync(process, _endLimit).ConfigureAwait(false))
            {
                trouble = "threads of it keep the process alive after its checks";
            }

            process.Kill();
            await EndsAsync(process, _endLimit).ConfigureAwait(false);
            if (trouble is not null)
            {
                string check = lines.Count == subject.Checks.Count ? "lets its process end" : subject.Checks[lines.Count].Name;
                lines.Add(new CheckLine(subject.Name, check, trouble));
            }
        }
        finally
        {
            lines.Add(new CheckLine(subject.Name, "leaves no process behind", KillRest(directory)));
        }

        return lines;
    }

    /// <summary>Reads the lines of all checks.</summary>
    /// <returns>Why there are not more of them; null if there are all.</returns>
    private async Task<string?> ReadAsync(Process process, List<CheckLine> lines, CancellationToken cancellationToken)
    {
        TimeSpan limit = _startLimit + Subject.CheckLimit;
        while (lines.Count < subject.Checks.Count)
        {
            string? line;
            try
            {
                line = await process.StandardOutput.ReadLineAsync(cancellationToken).AsTask()
                    .WaitAsync(limit, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return string.Create(CultureInfo.InvariantCulture, $"its process did not go on within {limit.TotalSeconds} s");
            }

            if (line is null)
            {
                await EndsAsync(process, _endLimit).ConfigureAwait(false);
                return process.HasExited
                    ? string.Create(CultureInfo.InvariantCulture, $"its process ended with status {process.ExitCode}")
                    : "its process closed its output";
            }

            // Whatever else there is was written by the plugin.
            if (CheckLine.Parse(line, subject.Name, subject.Checks[lines.Count].Name) is { } read)
            {
                lines.Add(read);
            }
        }

        return null;
    }

    private static async Task<bool> EndsAsync(Process process, TimeSpan limit)
    {
        using var late = new CancellationTokenSource(limit, TimeProvider.System);
        await process.WaitForExitAsync(late.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return process.HasExited;
    }

    /// <summary>Kills the processes that the one of the test started and that still run.</summary>
    /// <returns>What was left behind; null if nothing was.</returns>
    private static string? KillRest(string directory)
    {
        byte[] mark = Encoding.UTF8.GetBytes($"{TemporaryDirectory}={directory}\0");
        List<string> killed = [];
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && Read(entry, "environ").AsSpan().IndexOf(mark) >= 0
                && Libc.kill(id, SIGKILL) == 0)
            {
                killed.Add(Encoding.UTF8.GetString(Read(entry, "comm")).TrimEnd('\n'));
            }
        }

        return killed.Count == 0 ? null : $"its processes still ran: {string.Join(", ", killed)}";
    }

    private static byte[] Read(string directory, string file)
    {
        try
        {
            return File.ReadAllBytes(Path.Join(directory, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is gone, or is somebody else's.
            return [];
        }
    }
}
