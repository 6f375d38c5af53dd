using System.Diagnostics;
using Mandos.BadPlugins;
using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests;

/// <summary><c>--check</c> puts every plugin to the test, and none takes it down.</summary>
public sealed class SelfTestTests : IDisposable
{
    private readonly TemporaryDirectory _plugins = new();
    private readonly TemporaryDirectory _configuration = new();
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose()
    {
        _plugins.Dispose();
        _configuration.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task Check_DefaultPluginsAndAGoodOne_Passes()
    {
        AddDefault("TlsBouncy", "StateSqlite", "CheckerFping", "AvahiAnnouncer");
        _configuration.Write("plugins.yaml", "plugins:\n  AvahiAnnouncer:\n    enabled: false\n");
        Add("Mandos.TestPlugins", Repository.TestPlugins);

        CommandResult result = await CheckAsync();

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        string[] lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(
            ["skip  plugin AvahiAnnouncer: it is disabled", $"{lines.Length - 2} passed, 0 failed"],
            lines.Where(line => !line.StartsWith("ok    ", StringComparison.Ordinal)));
        Assert.Contains("ok    TLS back end bouncy: sends a secret", lines);
        Assert.Contains("ok    state store sqlite: gives back what was saved", lines);
        Assert.Contains("ok    checker shell: finds a client alive that is up", lines);
        Assert.Contains("ok    checker test-checker: ends a check with a result, or when cancelled", lines);
        Assert.Contains("ok    control surface test-control: runs until cancelled", lines);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Check_FaultyPlugin_FailsForEachFaultAndLeavesNothing()
    {
        AddDefault("TlsBouncy", "StateSqlite");
        FaultyCheckers.Write(_plugins.FullName);
        File.WriteAllText(_plugins.PathOf("NoPlugin.dll"), "no assembly");

        CommandResult result = await CheckAsync();

        Assert.Equal(1, result.ExitCode);
        string[] lines = result.Output.TrimEnd('\n').Split('\n');
        string[] faults = [.. lines.Where(line => line.StartsWith("FAIL", StringComparison.Ordinal))];
        Assert.DoesNotContain(faults, line => line.Contains("bouncy", StringComparison.Ordinal));
        Assert.DoesNotContain(faults, line => line.Contains("sqlite", StringComparison.Ordinal));
        AssertFails("plugin NoPlugin: can be used: it is not a .NET assembly");
        AssertFails("checker throwing: describes what it is going to run: InvalidOperationException (this one throws)");
        AssertFails("checker crashing: describes what it is going to run: its process ended with status 137");
        AssertFails("checker hanging: is constructed quickly and without a file: ");
        AssertFails("checker hanging: can be disposed twice, and unused: not done, after what went wrong before");
        AssertFails("checker background: is constructed quickly and without a file: ");
        AssertFails("checker clinging: lets its process end: threads of it keep the process alive after its checks");
        AssertFails("checker littering: leaves no process behind: its processes still ran: sleep");
        Assert.EndsWith($", {faults.Length} failed", lines[^1], StringComparison.Ordinal);
        AssertNothingIsLeft();

        void AssertFails(string fault)
            => Assert.Contains(faults, line => line.StartsWith($"FAIL  {fault}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_SurfacesLackCode_Fails()
    {
        AddDefault("TlsBouncy", "StateSqlite");
        foreach (Pitfall pitfall in Pitfalls.All.Where(pitfall => pitfall.Name is "MissingLibrary" or "MissingMember"))
        {
            pitfall.Write(_plugins.FullName);
        }

        CommandResult result = await CheckAsync();

        Assert.Equal(1, result.ExitCode);
        string[] lines = result.Output.Split('\n');
        Assert.Contains(
            "FAIL  plugin MissingLibrary: can be used: it needs MissingLibraryOfIts, which is not there; install it again, with all its files",
            lines);
        Assert.Contains(lines, line => line.StartsWith(
            "FAIL  control surface MissingMember: runs until cancelled: it lacks code that it needs: MissingMethodException",
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_FpingIsMissingOrCannotPing_SaysSo()
    {
        AddDefault("TlsBouncy", "StateSqlite", "CheckerFping");
        string fping = _configuration.Write("fping", "#!/bin/sh\necho it must not >&2\nexit 4\n");
        File.SetUnixFileMode(fping, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        CommandResult missing = await CheckAsync("/nonexistent");
        CommandResult forbidden = await CheckAsync($"{_configuration.FullName}:/bin");

        Assert.Equal((0, 0), (missing.ExitCode, forbidden.ExitCode));
        Assert.Contains(
            "warn  checker shell: the default command: the program “fping” of its checker is not there (PATH is /nonexistent); install it",
            missing.Output.Split('\n'));
        Assert.Contains(
            "warn  checker shell: the default command: “fping” cannot even ping this machine (exit code 4: it must not); "
                + "it needs the right to raw sockets (CAP_NET_RAW)",
            forbidden.Output.Split('\n'));
    }

    private Task<CommandResult> CheckAsync(string? path = null)
    {
        ProcessStartInfo start = Command.Describe(Repository.Server, ["--check", "--plugindir", _plugins.FullName, "--configdir", _configuration.FullName]);
        start.Environment["TMPDIR"] = _temporary.FullName;
        start.Environment["PATH"] = path ?? start.Environment["PATH"];
        return Command.RunAsync(start, input: "");
    }

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Directory.EnumerateFileSystemEntries(_temporary.FullName));
        Assert.Empty(ProcessFacts.WithVariable("TMPDIR", _temporary.FullName));
    }

    private void AddDefault(params string[] names)
    {
        foreach (string name in names)
        {
            Add(name, Path.Join(Repository.Plugins, name));
        }
    }

    private void Add(string name, string folder)
    {
        Directory.CreateDirectory(_plugins.PathOf(name));
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, Path.Join(_plugins.PathOf(name), Path.GetFileName(file)));
        }
    }
}
