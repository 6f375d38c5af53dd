using System.Buffers;

namespace Mandos.CheckerFping.Expansion;

/// <summary>Text quoted so that a POSIX shell reads it as exactly one word.</summary>
internal static class ShellWord
{
    private const string Plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

    private static readonly SearchValues<char> _plain = SearchValues.Create(Plain);

    /// <summary>The characters of text that needs no quotes, and the space between words.</summary>
    public static SearchValues<char> PlainOrSpace { get; } = SearchValues.Create(Plain + " ");

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
