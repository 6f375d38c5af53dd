using System.Diagnostics;

namespace Mandos.TestSupport;

/// <summary>Programs that <c>tests/peers</c> has unpacked.</summary>
public static class PeerPrograms
{
    /// <summary>Where they are.</summary>
    public static string Root { get; } = Environment.GetEnvironmentVariable("MANDOS_PEERS") is { Length: > 0 } peers
        ? peers : Path.Combine(RepositoryRoot(), "artifacts/peers/root");

    /// <summary>Describes how to start a program, whose outputs are redirected; the machine's own where it is not among them.</summary>
    /// <param name="program">Its path below the root directory, without a slash at the beginning.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ProcessStartInfo Describe(string program, IEnumerable<string> arguments)
    {
        string unpacked = Path.Combine(Root, program);
        ProcessStartInfo start = new(File.Exists(unpacked) ? unpacked : Path.GetFileName(program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // systemd's own library is in a folder of its own.
        start.Environment["LD_LIBRARY_PATH"] = string.Join(
            ':',
            new[] { "usr/lib", "lib" }.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
                .SelectMany(folder => Directory.EnumerateDirectories(folder, "*-linux-gnu"))
                .SelectMany(folder => (string[])[folder, Path.Combine(folder, "systemd")]));
        return start;
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo directory = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Mandos.sln")))
        {
            directory = directory.Parent
                ?? throw new DirectoryNotFoundException("No Mandos.sln above " + AppContext.BaseDirectory);
        }

        return directory.FullName;
    }
}
