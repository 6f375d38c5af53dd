using System.Diagnostics;
using System.Globalization;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Unix;

namespace Mandos.Host.Transfer;

/// <summary>
/// Has another process of this program, which gives up root's rights, open the store; this one has the rights that its caller has, and so
/// reads and writes the caller's files.
/// </summary>
internal static class TransferProcess
{
    /// <summary>Tells the process that it is the other one.</summary>
    public const string Variable = "MANDOS_STATE_TRANSFER";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>How long it may take: each of its steps has a limit, and the longest is 20 s.</summary>
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(3);

    /// <summary>Exports to a file, which appears when it is complete and on disk.</summary>
    /// <param name="path">The file.</param>
    /// <param name="output">Gets what was done.</param>
    /// <returns>Whether it was done; otherwise it is said why.</returns>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async Task<bool> ExportAsync(string path, TextWriter output)
    {
        string unfinished = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}.new");
        try
        {
            IReadOnlyList<string>? done;
            var file = new FileStream(unfinished, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            });
            using (new TerminalProgress(() => Megabytes("written", () => file.Position), TimeProvider.System))
            await using (file.ConfigureAwait(false))
            {
                done = await RunAsync(static process => process.StandardInput.Close(), (process, token) => process.StandardOutput.BaseStream.CopyToAsync(file, token))
                    .ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            if (done is null)
            {
                return false;
            }

            FileNames.Move(unfinished, path, overwrite: true);
            Say(output, path, done);
            return true;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Imports a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="output">Gets what was done.</param>
    /// <returns>Whether it was done; otherwise it is said why, and nothing was changed.</returns>
    /// <exception cref="IOException">The file cannot be read, or is too large.</exception>
    public static async Task<bool> ImportAsync(string path, TextWriter output)
    {
        FileStream file = InputFile.Open(path);
        using (new TerminalProgress(() => Megabytes("read, and to be saved", () => file.Position), TimeProvider.System))
        await using (file.ConfigureAwait(false))
        {
            if (file.Length > StateFileLimits.FileBytes)
            {
                throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it is larger than {StateFileLimits.FileBytes >> 20} MiB"));
            }

            IReadOnlyList<string>? done = await RunAsync(
                static _ => { },
                async (process, token) =>
                {
                    await CopyAsync(file, process.StandardInput.BaseStream, token).ConfigureAwait(false);
                    process.StandardInput.Close();
                }).ConfigureAwait(false);
            if (done is not null)
            {
                Say(output, path, done);
            }

            return done is not null;
        }
    }

    /// <summary>Whether this is the other process.</summary>
    public static bool IsOther { get; } = OwnProcess.TakeVariable(Variable) is not null;

    /// <summary>Runs the other process.</summary>
    /// <returns>What it has said of success; null: it has failed, and what it said was passed on.</returns>
    private static async Task<IReadOnlyList<string>?> RunAsync(Action<Process> begin, Func<Process, CancellationToken, Task> transfer)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, OwnProcess.Arguments()[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = "1";
        using Process process = Process.Start(start)!;
        using var late = new CancellationTokenSource(_limit, TimeProvider.System);
        try
        {
            begin(process);
            Task<string> said = process.StandardError.ReadToEndAsync(late.Token);
            await transfer(process, late.Token).ConfigureAwait(false);
            string text = await said.ConfigureAwait(false);
            await process.WaitForExitAsync(late.Token).ConfigureAwait(false);
            if (process.ExitCode == 0)
            {
                return text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            }

            await Console.Error.WriteAsync(text.Length > 0 ? text : $"mandos: the process that opens the store ended with status {process.ExitCode}\n")
                .ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"the store took longer than {_limit.TotalMinutes} minutes"));
        }
    }

    /// <summary>Copies what is wanted: a process that ends early, because of what it has read, tells why itself.</summary>
    private static async Task CopyAsync(FileStream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (from.Position > 0)
        {
            // Its end of the pipe is closed
        }
    }

    private static string Megabytes(string what, Func<long> count)
    {
        try
        {
            return string.Create(CultureInfo.InvariantCulture, $"{count() / 1e6:F1} MB {what}");
        }
        catch (ObjectDisposedException)
        {
            return $"all {what}";
        }
    }

    private static void Say(TextWriter output, string path, IReadOnlyList<string> done)
    {
        foreach (string line in done)
        {
            output.WriteLine($"{path}: {line}");
        }
    }
}
