using System.Text.RegularExpressions;

namespace Mandos.EndToEnd.Tests.Packaging;

/// <summary>What packaging/install puts where, in a directory of the test's own; and the units, as systemd reads them.</summary>
public sealed partial class InstallationTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("mandos-test-");

    // The server's user has to reach what is installed in it
    public InstallationTests() => _root.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Units_Verified_AreWithoutFault()
    {
        await InstallAsync();
        _root.CreateSubdirectory("bin");
        File.Copy("/bin/true", FileOf("bin/kill"));
        // All units depend on these, unless they say otherwise
        foreach (string target in new[] { "sysinit", "basic", "shutdown", "sockets" })
        {
            await File.WriteAllTextAsync(
                FileOf($"usr/lib/systemd/system/{target}.target"), "[Unit]\nDescription=test\n", TestContext.Current.CancellationToken);
        }

        CommandResult result = await Command.RunAsync(
            "systemd-analyze", "verify", $"--root={_root.FullName}", "--man=no", "mandos.service", "mandos.socket");

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
    }

    [Fact]
    public async Task Unit_Exposure_StaysLow()
    {
        // In tenths of 10, which is no sandbox at all
        const int Most = 20;
        CommandResult result = await Command.RunAsync(
            "systemd-analyze", "security", "--offline=true", "--no-pager", $"--threshold={Most}", PackagedFiles.Unit);

        Assert.True(result.ExitCode == 0, result.Output + result.Errors);
    }

    [Fact]
    public async Task Install_IntoEmptyRoot_GivesWhatServerNeeds()
    {
        await InstallAsync();

        Assert.Equal("mandos", (await RunInstalledAsync("--version")).Split(' ')[0]);
        Assert.Equal("/etc/mandos: no problems, 0 clients", (await RunInstalledAsync(
            "--check-config", "--configdir", FileOf("etc/mandos"))).Replace(_root.FullName, "", StringComparison.Ordinal).TrimEnd());
        string account = Assert.Single(
            await File.ReadAllLinesAsync(FileOf("etc/passwd"), TestContext.Current.CancellationToken),
            line => line.StartsWith("_mandos:", StringComparison.Ordinal));
        string group = account.Split(':')[3];
        Assert.Equal($"700 {account.Split(':')[2]} {group}", await StatAsync("var/lib/mandos"));
        Assert.Equal($"640 0 {group}", await StatAsync("etc/mandos/clients.conf"));
        Assert.Equal($"640 0 {group}", await StatAsync("etc/mandos/plugins.yaml"));
        Assert.Equal($"750 0 {group}", await StatAsync("etc/mandos/clients.d"));
        foreach (string tool in new[] { "mandos-ctl", "mandos-monitor" })
        {
            Assert.Equal(tool, (await Command.RequireAsync(FileOf($"usr/sbin/{tool}"), "--version")).Split(' ')[0]);
        }

        foreach (string file in new[] { "mandos", "mandos-ctl" })
        {
            Assert.True(File.Exists(FileOf($"usr/share/bash-completion/completions/{file}")), file);
        }

        foreach (string file in new[] { "mandos.rules.yml", "mandos-dashboard.json" })
        {
            Assert.True(File.Exists(FileOf($"usr/share/mandos/{file}")), file);
        }

        foreach (string page in ManualPageTests.Pages.Select(page => page.Data))
        {
            Assert.True(File.Exists(FileOf($"usr/share/man/man{page[^1]}/{page}")), page);
        }
    }

    [Fact]
    public async Task Install_Policy_ComesAfterItsGroup()
    {
        // dbus-daemon reads a policy as soon as it is there, and leaves out the rules for a group that is not.
        const string Policy = "usr/share/dbus-1/system.d/se.recompile.Mandos.conf";
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files to another user");
        DirectoryInfo programs = _root.CreateSubdirectory("programs");
        string tool = Path.Combine(programs.FullName, "systemd-sysusers");
        var real = Command.Describe("systemd-sysusers", []);
        await File.WriteAllTextAsync(
            tool, $"#!/bin/sh\n[ ! -e '{FileOf(Policy)}' ] && exec {real.FileName} \"$@\"\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await Command.RequireAsync(
            "env", $"PATH={programs.FullName}:{real.Environment["PATH"]}", PackagedFiles.Install, _root.FullName);

        Assert.True(File.Exists(FileOf(Policy)));
    }

    [Fact]
    public async Task Install_Again_KeepsOwnFilesAndPlugins()
    {
        await InstallAsync();
        string[] own =
        [
            "etc/mandos/mandos.conf", "etc/mandos/clients.conf", "etc/mandos/plugins.yaml", "etc/default/mandos", "usr/lib/mandos/plugins/Own/Own.dll",
        ];
        foreach (string file in own)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(FileOf(file))!);
            await File.WriteAllTextAsync(FileOf(file), "# mine", TestContext.Current.CancellationToken);
        }

        await File.WriteAllTextAsync(FileOf("usr/lib/mandos/stale.dll"), "", TestContext.Current.CancellationToken);

        await InstallAsync();

        Assert.All(own, file => Assert.Equal("# mine", File.ReadAllText(FileOf(file))));
        Assert.False(File.Exists(FileOf("usr/lib/mandos/stale.dll")));
    }

    [Theory]
    [InlineData("mandos.conf")]
    [InlineData("clients.conf")]
    [InlineData("plugins.yaml")]
    public async Task Example_WithItsCommentsTakenOff_IsGood(string name)
    {
        // Lines that can be uncommented have no space after the #
        string[] lines = [.. (await File.ReadAllLinesAsync(PackagedFiles.Example(name), TestContext.Current.CancellationToken))
            .Select(line => CommentedOut().Replace(line, "$1"))
            .Select(line => line.Replace("/etc/mandos/secrets", _root.FullName, StringComparison.Ordinal))];
        await File.WriteAllLinesAsync(FileOf(name), lines, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(FileOf("fern"), "secret", TestContext.Current.CancellationToken);

        string output = await Command.RequireAsync(Repository.Server, "--check-config", "--configdir", _root.FullName);

        // Its secrets are none.
        string[] found = [.. output.TrimEnd('\n').Split('\n').Where(line => !line.Contains("so that no client can use it", StringComparison.Ordinal))];
        Assert.Equal([$"{_root.FullName}: no problems, {(name == "clients.conf" ? 2 : 0)} clients"], found);
    }

    private async Task InstallAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files to another user");
        await Command.RequireAsync(PackagedFiles.Install, _root.FullName);
    }

    private Task<string> RunInstalledAsync(params string[] arguments) => Command.RequireAsync(FileOf("usr/sbin/mandos"), arguments);

    private async Task<string> StatAsync(string file) => (await Command.RequireAsync("stat", "--format=%a %u %g", FileOf(file))).TrimEnd();

    private string FileOf(string name) => Path.Combine(_root.FullName, name);

    [GeneratedRegex("^( *)#(?! )")]
    private static partial Regex CommentedOut();
}
