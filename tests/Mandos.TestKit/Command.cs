using System.Diagnostics;
using Xunit;

namespace Mandos.TestKit;

/// <summary>Runs other programs.</summary>
public static class Command
{
    /// <summary>Runs a program of the peers or of the system to its end, without input.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public static Task<CommandResult> RunAsync(string program, params IEnumerable<string> arguments)
        => RunAsync(Describe(program, arguments), input: "");

    /// <summary>Runs a program to its end.</summary>
    /// <param name="start">What <see cref="Describe"/> has given.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="patience">How long to wait for its end; by default as long as for anything else.</param>
    /// <exception cref="TimeoutException">It did not end in time, and was killed.</exception>
    public static async Task<CommandResult> RunAsync(ProcessStartInfo start, string input, TimeSpan? patience = null)
    {
        using var process = Process.Start(start)!;
        if (input.Length > 0)
        {
            await process.StandardInput.WriteAsync(input);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var limit = new CancellationTokenSource(patience ?? Patience.Limit, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, TestContext.Current.CancellationToken);
        try
        {
            await process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} had to be killed; until then it said: {await errors}{await output}");
        }

        return new(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs a program that must succeed.</summary>
    /// <returns>Its standard output.</returns>
    /// <inheritdoc cref="RunAsync(string, IEnumerable{string})"/>
    public static async Task<string> RequireAsync(string program, params IEnumerable<string> arguments)
    {
        var result = await RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)} failed ({result.ExitCode}): {result.Errors}");
        return result.Output;
    }

    /// <summary>Describes how to start a program, with all its streams in our hands, so that it finds the peers.</summary>
    public static ProcessStartInfo Describe(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = string.Join(':', _folders);
        // busctl's own library is in a folder of its own; Debian 12 has some, such as libnl, in /lib.
        string older = PeerLibraries.Replace("/usr/lib/", "/lib/", StringComparison.Ordinal);
        start.Environment["LD_LIBRARY_PATH"] = $"{PeerLibraries}:{PeerLibraries}/systemd:{older}";
        return start;
    }

    private static readonly string[] _folders =
    [
        $"{Repository.Peers}/usr/bin", $"{Repository.Peers}/usr/sbin", $"{Repository.Peers}/bin", // Debian 12 has systemd's in /bin
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ];

    /// <summary>The folder of the peers' libraries; it is missing, like the peers, where tests/peers has not run.</summary>
    public static string PeerLibraries { get; } = Directory.Exists($"{Repository.Peers}/usr/lib")
        ? Directory.GetDirectories($"{Repository.Peers}/usr/lib", "*-linux-gnu").Single()
        : $"{Repository.Peers}/usr/lib";

    // A program is looked for in our PATH, not in the one that it will get.
    private static string Find(string program) => program.Contains('/', StringComparison.Ordinal)
        ? program
        : _folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{program} is neither installed nor among the peers, which tests/peers fetches");
}
