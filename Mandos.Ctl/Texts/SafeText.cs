using System.Globalization;
using System.Text;

namespace Mandos.Ctl.Texts;

/// <summary>Text of others, fit to be written to a terminal.</summary>
internal static class SafeText
{
    /// <summary>Puts U+FFFD for what moves the cursor, starts an escape sequence, or changes the direction of writing.</summary>
    public static string From(string text)
        => IsSafe(text) ? text : string.Concat(text.EnumerateRunes().Select(rune => IsSafe(rune) ? rune : Rune.ReplacementChar));

    private static bool IsSafe(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    // A lone half of a surrogate pair comes as U+FFFD already.
    private static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
