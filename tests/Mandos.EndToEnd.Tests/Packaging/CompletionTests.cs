using Mandos.EndToEnd.Tests.Harness;

namespace Mandos.EndToEnd.Tests.Packaging;

/// <summary>The completion, in a real bash.</summary>
public sealed class CompletionTests
{
    // Bash calls the function that `complete` has registered, with the words in these variables
    private const string Script = """
        source "$1"
        shift
        completion=$(complete -p mandos) || exit
        [[ $completion =~ -F\ ([^ ]+)\ mandos$ ]] || exit
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "${BASH_REMATCH[1]}" mandos "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
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

    /// <summary>What is offered for the last word.</summary>
    private static async Task<string[]> CompleteAsync(params string[] words)
    {
        string output = await Command.RequireAsync("bash", ["-c", Script, "bash", PackagedFiles.Completion, "mandos", .. words]);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
