using System.ComponentModel;
using System.Diagnostics;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Servers;

/// <summary>Another server, on which ssh(1) runs mandos-ctl, with that user's keys and settings.</summary>
/// <param name="destination">Its name for ssh, such as <c>root@b.example.org</c>.</param>
internal sealed class SshServer(string destination)
{
    /// <summary>How long a command may take there that waits for no check; a person may have to give a password first.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromMinutes(2);

    /// <summary>Its name for ssh, fit for a terminal.</summary>
    public string Name { get; } = SafeText.From(destination);

    /// <summary>Reads the names of several.</summary>
    /// <param name="destinations">Names, with commas between them.</param>
    /// <exception cref="FormatException">One of them is none.</exception>
    public static IReadOnlyList<SshServer> Parse(string destinations)
        => [.. destinations.Split(',', StringSplitOptions.TrimEntries).Distinct().Select(static destination => destination is [not '-', ..] && !destination.Any(char.IsWhiteSpace)
            ? new SshServer(destination) : throw new FormatException($"“{SafeText.From(destination)}” is no server that ssh reaches, such as root@b.example.org"))];

    /// <summary>Runs mandos-ctl there. What it says is said here, with the server's name before it.</summary>
    /// <param name="input">What it reads.</param>
    /// <param name="isQuiet">Whether only its errors and warnings are said.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="arguments">Its arguments, none of which means anything to a shell.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ServerException">It does not succeed there.</exception>
    public async Task RunAsync(ReadOnlyMemory<byte> input, bool isQuiet, TimeSpan limit, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("ssh", ["-T", "-o", "ConnectTimeout=15", "--", destination, "mandos-ctl", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Say(isQuiet ? TextWriter.Null : Console.Out, line.Data);
        process.ErrorDataReceived += (_, line) => Say(Console.Error, line.Data);
        using var late = new CancellationTokenSource(limit, TimeProvider.System);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            await WriteAsync(process.StandardInput.BaseStream, input, limited.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(limited.Token).ConfigureAwait(false);
        }
        catch (Win32Exception)
        {
            throw new ServerException("there is no program ssh, with which other servers are reached; install openssh-client");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ServerException($"{Name}: has not ended within {limit.TotalMinutes} minutes");
        }

        const int ConnectionFailed = 255;
        if (process.ExitCode != 0)
        {
            throw new ServerException(process.ExitCode == ConnectionFailed ? $"{Name}: ssh does not reach it" : $"{Name}: mandos-ctl refuses that there");
        }
    }

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> input, CancellationToken cancellationToken)
    {
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(input, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // It ended before it had read all; its status says more.
        }
    }

    private void Say(TextWriter writer, string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            writer.WriteLine($"{Name}: {SafeText.From(line)}");
        }
    }
}
