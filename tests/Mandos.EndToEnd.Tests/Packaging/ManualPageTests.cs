using System.Text.RegularExpressions;

namespace Mandos.EndToEnd.Tests.Packaging;

public sealed partial class ManualPageTests
{
    public static TheoryData<string> Pages
        => [.. Directory.EnumerateFiles(PackagedFiles.Manual("")).Select(path => Path.GetFileName(path)!)];

    [Fact]
    public void Pages_AreAllThere() => Assert.Equal(
        [
            "mandos-clients.conf.5", "mandos-ctl.8", "mandos-monitor.8", "mandos-plugins.7", "mandos-plugins.yaml.5", "mandos-web.7",
            "mandos.8", "mandos.conf.5",
        ],
        Pages.Select(page => page.Data).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Lint_OfPage_FindsNothing(string page)
    {
        CommandResult result = await Command.RunAsync("mandoc", "-Tlint", PackagedFiles.Manual(page));

        // Which other manuals there are is up to the machine
        Assert.DoesNotContain(
            result.Output.Split('\n'),
            line => line.Length > 0 && !line.Contains("referenced manual not found", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Render_ByMan_WarnsOfNothing(string page)
    {
        CommandResult result = await Command.RunAsync(
            "man", "--warnings", "--encoding=UTF-8", "--local-file", "--troff-device=utf8", "--ditroff", PackagedFiles.Manual(page));

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.NotEmpty(result.Output);
    }

    [Fact]
    public async Task Options_OfServer_AreInItsPage()
    {
        string[] lines = await SectionAsync("mandos.8", "OPTIONS");
        IEnumerable<string> documented = lines.Where(line => Tag().IsMatch(line)).SelectMany(HelpText.Options);

        Assert.Equal(await HelpText.OptionsAsync(), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Options_OfServer_AreInSynopsis()
    {
        string synopsis = string.Join('\n', await SectionAsync("mandos.8", "SYNOPSIS"));

        Assert.Equal(
            await HelpText.OptionsAsync(),
            Option().Matches(synopsis).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("OPTIONS")]
    [InlineData("SYNOPSIS")]
    public async Task OwnOptions_OfMandosCtl_AreInItsPage(string section)
    {
        string text = string.Join('\n', await SectionAsync("mandos-ctl.8", section));

        Assert.All(
            [
                "--names", "--kept", "--forget", "--requests", "--approve-request", "--deny-request", "--reload", "--tokens", "--add-token",
                "--scope", "--revoke-token",
            ],
            option => Assert.Contains(option, Option().Matches(text).Select(match => match.Value)));
    }

    [Theory]
    [InlineData("mandos.conf.5", "mandos.conf", "[DEFAULT]")]
    [InlineData("mandos-clients.conf.5", "clients.conf", "[client]")]
    public async Task Options_InPageOfFile_AreKnownToServer(string page, string file, string section)
    {
        string[] names = [.. (await SectionAsync(page, "OPTIONS")).Select(line => FileOption().Match(line)).Where(match => match.Success)
            .Select(match => match.Groups[1].Value)];
        DirectoryInfo directory = Directory.CreateTempSubdirectory("mandos-test-");
        try
        {
            await File.WriteAllLinesAsync(
                Path.Combine(directory.FullName, file), [section, .. names.Select(name => $"{name} ="), "stranger ="],
                TestContext.Current.CancellationToken);

            CommandResult result = await Command.RunAsync(Repository.Server, "--check-config", "--configdir", directory.FullName);

            // Empty values are no good, but that is another matter
            string unknown = Assert.Single(result.Output.Split('\n'), line => line.Contains("unknown", StringComparison.Ordinal));
            Assert.Contains("option stranger is unknown", unknown, StringComparison.Ordinal);
            Assert.True(names.Length > 10, string.Join(' ', names));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>The lines of a section of a rendered page.</summary>
    private static async Task<string[]> SectionAsync(string page, string section)
    {
        string text = await Command.RequireAsync("mandoc", "-Tascii", "-Owidth=200", PackagedFiles.Manual(page));

        // Bold and underlined text is overstruck
        return [.. Overstrike().Replace(text, "").Split('\n').SkipWhile(line => line != section).Skip(1)
            .TakeWhile(line => line.Length == 0 || line[0] == ' ')];
    }

    [GeneratedRegex(".\b")]
    private static partial Regex Overstrike();

    [GeneratedRegex(@"^ {1,6}-")]
    private static partial Regex Tag();

    [GeneratedRegex(@"(?<![\w-])--?[a-z][a-z0-9-]*")]
    private static partial Regex Option();

    [GeneratedRegex(@"^ {1,6}([a-z0-9_]+) = \w+$")]
    private static partial Regex FileOption();
}
