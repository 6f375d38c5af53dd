using System.Text.RegularExpressions;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>The commands and the code in docs/plugins.md, in their order.</summary>
internal static partial class Tutorial
{
    /// <summary>One command a line.</summary>
    public static IReadOnlyList<string> Commands { get; } =
        [.. Blocks("sh").SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>The blocks of one language.</summary>
    /// <param name="language">Its name in the page, such as <c>csharp</c>.</param>
    public static IEnumerable<string> Blocks(string language)
        => Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/plugins.md")))
            .Where(block => block.Groups[1].Value == language).Select(block => block.Groups[2].Value);

    [GeneratedRegex("^```([a-z]+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
