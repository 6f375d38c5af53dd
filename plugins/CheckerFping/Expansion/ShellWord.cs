using System.Buffers;

namespace Mandos.CheckerFping.Expansion;

/// <summary>Text quoted so that a POSIX shell reads it as exactly one word.</summary>
internal static class ShellWord
{
    private static readonly SearchValues<char> _plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-");

    /// <summary>Quotes like Python's <c>shlex.quote</c>: not at all where no character needs it, else in single quotes.</summary>
    public static string Quote(string text)
    {
        if (text.Length > 0 && !text.AsSpan().ContainsAnyExcept(_plain))
        {
            return text;
        }

        return "'" + text.Replace("'", "'\"'\"'", StringComparison.Ordinal) + "'";
    }
}
