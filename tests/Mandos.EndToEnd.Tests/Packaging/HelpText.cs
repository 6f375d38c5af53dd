using System.Text.RegularExpressions;

namespace Mandos.EndToEnd.Tests.Packaging;

/// <summary>What <c>mandos --help</c> says.</summary>
internal static partial class HelpText
{
    /// <summary>All options, short and long, in order.</summary>
    public static async Task<IReadOnlyList<string>> OptionsAsync()
    {
        string help = await Command.RequireAsync(Repository.Server, "--help");
        string[] options = [.. help.Split('\n').Where(line => Entry().IsMatch(line)).SelectMany(Options)];
        Assert.NotEmpty(options);
        return [.. options.Order(StringComparer.Ordinal)];
    }

    /// <summary>The options at the start of a line.</summary>
    public static IEnumerable<string> Options(string line) => Names().Matches(line).Select(match => match.Value);

    [GeneratedRegex(@"^ {2}(-\w, | {4})--")]
    private static partial Regex Entry();

    // At the line's start, or after another form of the same option
    [GeneratedRegex(@"(?<=^\s*|, )--?[a-z][a-z0-9-]*")]
    private static partial Regex Names();
}
