using System.Text.RegularExpressions;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>The commands in docs/plugins.md, in their order.</summary>
internal static partial class Tutorial
{
    /// <summary>One command a line.</summary>
    public static IReadOnlyList<string> Commands { get; } =
    [
        .. Block().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/plugins.md")))
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
    ];

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
