using System.Diagnostics;
using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;

namespace Mandos.EndToEnd.Tests.Packaging;

/// <summary>The completion, in a real bash.</summary>
public sealed class CompletionTests
{
    private static readonly string _ctl = Path.Combine(Path.GetDirectoryName(Repository.Server)!, "mandos-ctl");

    // Bash calls the function that `complete` has registered, with the words in these variables
    private const string Script = """
        source "$1"
        shift
        completion=$(complete -p "$1") || exit
        [[ $completion =~ -F\ ([^ ]+)\ "$1"$ ]] || exit
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
        """;

    [Fact]
    public async Task Dash_OffersEveryOption()
        => Assert.Equal(await HelpText.OptionsAsync(), (await CompleteAsync("-")).Order(StringComparer.Ordinal));

    [Fact]
    public async Task StartOfOption_OffersThoseThatFit()
        => Assert.Equal(["--check", "--check-config"], await CompleteAsync("--foreground", "--chec"));

    [Theory]
    [InlineData("--debuglevel", "")]
    [InlineData("--debuglevel", "=")]
    public async Task Level_OffersAll(params string[] words)
        => Assert.Equal(["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"], await CompleteAsync(words));

    [Theory]
    [InlineData("--debuglevel", "wa")]
    [InlineData("--debuglevel", "=", "wa")]
    public async Task StartOfLevel_InAnyCase_OffersIt(params string[] words)
        => Assert.Equal(["WARNING"], await CompleteAsync(words));

    [Fact]
    public async Task LogFormat_OffersBoth() => Assert.Equal(["text", "json"], await CompleteAsync("--log-format", ""));

    [Theory]
    [InlineData("--configdir")]
    [InlineData("--statedir")]
    [InlineData("--plugindir")]
    public async Task StartOfDirectory_OffersDirectories(string option)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("mandos-test-");
        try
        {
            directory.CreateSubdirectory("a directory");
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "a file"), "", TestContext.Current.CancellationToken);

            Assert.Equal([$"{directory.FullName}/a directory"], await CompleteAsync(option, $"{directory.FullName}/a"));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Interface_OffersThoseThereAre() => Assert.Contains("lo", await CompleteAsync("-i", "l"));

    [Fact]
    public async Task FreeText_OffersNothing() => Assert.Empty(await CompleteAsync("--servicename", ""));

    [Fact]
    public async Task Ctl_Dash_OffersEveryOption()
    {
        string help = await Command.RequireAsync(_ctl, "--help");
        Assert.Equal(
            Regex.Matches(help, "--[a-z-]+").Select(option => option.Value).Distinct().Order(StringComparer.Ordinal),
            (await CompleteCtlAsync("unix:path=/nonexistent", "-")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ctl_ClientName_OffersThoseOfTheServerAsTheShellReadsThem()
    {
        await using ServerOnBus scene = await ServerOnBus.StartAsync(
            new[] { "machine", "machine-2.example.org", "my machine", "$(x)", "ü" }.Select(name => new TestClient(name).StanzaWith()));
        foreach ((string word, string[] offered) in new (string, string[])[]
        {
            ("mach", ["machine", "machine-2.example.org"]), ("m", ["machine", "machine-2.example.org", @"my\ machine"]),
            (@"my\ m", [@"my\ machine"]), ("$", [@"\$\(x\)"]), ("x", []),
        })
        {
            Assert.Equal(offered, await CompleteCtlAsync(scene.Bus.Address, "--enable", word));
        }
    }

    [Theory]
    [InlineData("--socket", "SOCKET", "--enable", "mach")]
    [InlineData("--socket", "=", "SOCKET", "mach")]
    public async Task Ctl_ClientNameAfterASocket_OffersThoseOfThatServer(params string[] words)
    {
        await using WebSite site = await WebSite.StartAsync([new TestClient("machine").StanzaWith(), new TestClient("my machine").StanzaWith()]);

        Assert.Equal(["machine"], await CompleteCtlAsync("unix:path=/nonexistent", [.. words.Select(word => word == "SOCKET" ? site.Socket : word)]));
    }

    [Fact]
    public async Task Ctl_ClientNameWithoutServer_OffersNothing()
        => Assert.Empty(await CompleteCtlAsync("unix:path=/nonexistent", "--enable", "m"));

    [Theory]
    [InlineData("--timeout", "")]
    [InlineData("--checker", "=", "m")]
    public async Task Ctl_Value_OffersNothing(params string[] words)
        => Assert.Empty(await CompleteCtlAsync("unix:path=/nonexistent", words));

    [Theory]
    [InlineData("refuse,hold,serve", "--when-cut-off", "")]
    [InlineData("hold", "--when-cut-off", "=", "h")]
    [InlineData("read,approve,admin", "--scope", "")]
    public async Task Ctl_Choice_OffersWhatThereIs(string offered, params string[] words)
        => Assert.Equal(offered.Split(','), await CompleteCtlAsync("unix:path=/nonexistent", words));

    [Theory]
    [InlineData("a directory,a file", "--add", "--dry-run", "")]
    [InlineData("a file", "--add", "a f")]
    [InlineData("--dry-run", "--add", "--dr")]
    [InlineData("a directory", "--purge", "--configdir", "a")]
    public async Task Ctl_OfFiles_OffersFilesAndDirectories(string offered, params string[] words)
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.PathOf("a directory"));
        directory.Write("a file", "");
        string[] below = [.. words[..^1], words[^1].StartsWith('-') ? words[^1] : $"{directory.FullName}/{words[^1]}"];

        Assert.Equal(
            offered.Split(',').Select(name => name.StartsWith('-') ? name : $"{directory.FullName}/{name}"),
            (await CompleteCtlAsync("unix:path=/nonexistent", below)).Order(StringComparer.Ordinal));
    }

    /// <summary>What is offered for the last word.</summary>
    private static Task<string[]> CompleteAsync(params string[] words)
        => CompleteAsync(Command.Describe("bash", ["-c", Script, "bash", PackagedFiles.Completion("mandos"), "mandos", .. words]));

    /// <summary>What is offered for the last word after <c>mandos-ctl</c>.</summary>
    private static Task<string[]> CompleteCtlAsync(string bus, params string[] words)
    {
        ProcessStartInfo start = Command.Describe(
            "bash", ["-c", Script, "bash", PackagedFiles.Completion("mandos-ctl"), "mandos-ctl", .. words]);
        start.Environment["PATH"] = $"{Path.GetDirectoryName(_ctl)}:{start.Environment["PATH"]}";
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus;
        start.Environment.Remove("LD_LIBRARY_PATH");
        return CompleteAsync(start);
    }

    private static async Task<string[]> CompleteAsync(ProcessStartInfo start)
    {
        CommandResult result = await Command.RunAsync(start, "");
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
