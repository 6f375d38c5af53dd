using System.Text;

namespace Mandos.CheckerSsh.Texts;

/// <summary>Text of others in our messages.</summary>
internal static class Text
{
    private const int MaxLength = 60;

    /// <summary>A text between quotes: on one line, without control characters, cut where it is long.</summary>
    public static string Quote(string text)
    {
        StringBuilder quoted = new("“");
        foreach (char c in text.Length > MaxLength ? text.AsSpan(0, MaxLength) : text)
        {
            quoted.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return quoted.Append(text.Length > MaxLength ? "…”" : "”").ToString();
    }
}
