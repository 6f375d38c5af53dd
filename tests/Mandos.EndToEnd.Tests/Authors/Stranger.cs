using System.Diagnostics;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>
/// Somebody who has this repository and the .NET SDK, and a home of his own: what other tests, or a person, have installed or
/// cached is not there for him, but for packages that are not ours.
/// </summary>
internal sealed class Stranger : IDisposable
{
    private const string PluginDirectory = "/usr/lib/mandos/plugins";

    // Several builds on a busy machine.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(5);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("mandos-stranger-");
    private readonly TestServer _server;

    /// <summary>Gives him a home.</summary>
    /// <param name="server">The server that he has, with plugins of its own.</param>
    public Stranger(TestServer server)
    {
        _server = server;
        server.PreparePlugins();
        string packages = Directory.CreateDirectory(PathOf(".nuget/packages")).FullName;
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(user, ".nuget/packages");
        foreach (string package in Directory.EnumerateDirectories(cache).Where(folder => !IsOurs(folder)))
        {
            File.CreateSymbolicLink(Path.Combine(packages, Path.GetFileName(package)), package);
        }

        string sources = Path.Combine(user, ".nuget/NuGet/NuGet.Config");
        if (File.Exists(sources))
        {
            File.Copy(sources, Path.Combine(Directory.CreateDirectory(PathOf(".nuget/NuGet")).FullName, "NuGet.Config"));
        }

        string mandos = Path.Combine(Directory.CreateDirectory(PathOf("bin")).FullName, "mandos");
        File.WriteAllText(mandos, $"""
            #!/bin/sh
            exec '{server.Program}' --plugindir '{server.PluginDirectory}' --configdir '{server.ConfigDirectory}' "$@"

            """);
        File.SetUnixFileMode(mandos, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>The full name of a file of his.</summary>
    public string PathOf(string name) => Path.Combine(_home.FullName, name);

    /// <summary>Has him type commands, one after another, up to the first that fails.</summary>
    /// <param name="commands">The commands. The plugin directory in them is that of his server.</param>
    public Task<CommandResult> TypeAsync(params IEnumerable<string> commands)
    {
        string script = string.Join('\n', ["set -x", .. commands])
            .Replace(PluginDirectory, _server.PluginDirectory, StringComparison.Ordinal);
        ProcessStartInfo start = Command.Describe("/bin/bash", ["-euc", script]);
        start.WorkingDirectory = Repository.Root;
        IDictionary<string, string?> environment = start.Environment;
        environment.Remove("LD_LIBRARY_PATH");
        environment["PATH"] = $"{PathOf("bin")}:{Environment.GetEnvironmentVariable("PATH")}";
        environment["HOME"] = environment["DOTNET_CLI_HOME"] = _home.FullName;
        environment["NUGET_PACKAGES"] = PathOf(".nuget/packages");

        // Nothing of the build outlives it.
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["UseSharedCompilation"] = "false";
        return Command.RunAsync(start, input: "", _limit);
    }

    /// <summary>Has him type commands that must succeed.</summary>
    /// <returns>What they said.</returns>
    public async Task<string> RequireAsync(params IEnumerable<string> commands)
    {
        CommandResult result = await TypeAsync(commands);
        Assert.True(result.ExitCode == 0, $"status {result.ExitCode}:\n{result.Errors}\n{result.Output}");
        return result.Output;
    }

    public void Dispose() => _home.Delete(recursive: true);

    private static bool IsOurs(string package) => Path.GetFileName(package).StartsWith("mandos.", StringComparison.OrdinalIgnoreCase);
}
