using System.Globalization;
using System.Text;

namespace Mandos.Notify.Messages;

/// <summary>Texts of others, such as the names of clients, for one line of a message.</summary>
internal static class PlainText
{
    private const int MostCharacters = 200;

    /// <summary>The text without what could end the line or reorder it, and not longer than a title may be.</summary>
    public static string Of(string text)
    {
        var plain = new StringBuilder(Math.Min(text.Length, MostCharacters));
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (plain.Length >= MostCharacters)
            {
                plain.Append('…');
                break;
            }

            plain.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                ? "\uFFFD"
                : rune.ToString());
        }

        return plain.ToString();
    }
}
