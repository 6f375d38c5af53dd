using System.Globalization;
using System.Text;

namespace Mandos.Host.Configuration;

/// <summary>Reads durations as mandos-clients.conf(5) writes them.</summary>
/// <remarks>
/// Either RFC 3339 appendix A (<c>P1Y2M3DT4H5M6S</c>, <c>P2W</c>; upper case; a year is 52 weeks, a month 4 weeks), or the
/// older format (<c>1w 2d 3h 4m 5s</c>: numbers with a suffix each, added up). There the numbers are whatever Python's <c>int</c> takes.
/// </remarks>
internal static class Duration
{
    /// <summary>The longest one: far beyond any use, and near enough that the present plus it is a date.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(2_000_000);

    /// <summary>Larger numbers count as this one, which exceeds <see cref="Max"/> in any unit.</summary>
    private const long BeyondAllSense = 1_000_000_000_000_000;

    /// <summary>The units in the order of the RFC's grammar; the time units, from H on, follow a T.</summary>
    private static readonly (char Unit, long Seconds)[] _dateUnits = [('Y', 364 * 86400), ('M', 28 * 86400), ('D', 86400)];

    private static readonly (char Unit, long Seconds)[] _timeUnits = [('H', 3600), ('M', 60), ('S', 1)];

    /// <summary>Reads a duration from zero to <see cref="Max"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The duration.</param>
    /// <returns>What is wrong and what is allowed, or null.</returns>
    public static string? Parse(string text, out TimeSpan value) => Parse(text, out value, out string? doubt) ?? doubt;

    /// <summary>Reads a duration, and takes the nearest one that is allowed.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The duration, from zero to <see cref="Max"/>.</param>
    /// <param name="doubt">Why it is not the one that was given, or null.</param>
    /// <returns>What is wrong and what is allowed, or null.</returns>
    public static string? Parse(string text, out TimeSpan value, out string? doubt)
    {
        value = TimeSpan.Zero;
        doubt = null;
        long seconds = 0;
        bool understood = text.StartsWith('P') ? ParseRfc3339(text.AsSpan(1), ref seconds) : ParseOldFormat(text, ref seconds);
        if (!understood)
        {
            return $"{OptionValues.Quote(text)} is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h";
        }

        if (seconds > Max.TotalSeconds)
        {
            doubt = $"{OptionValues.Quote(text)} is too long; it is taken as P{Max.Days}D, which is the most allowed";
        }
        else if (seconds < 0)
        {
            doubt = $"{OptionValues.Quote(text)} is negative; it is taken as PT0S";
        }

        value = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, (long)Max.TotalSeconds));
        return null;
    }

    /// <summary>What follows the P.</summary>
    private static bool ParseRfc3339(ReadOnlySpan<char> text, ref long seconds)
    {
        // dur-week stands alone
        if (text.EndsWith("W"))
        {
            bool isNumber = TakeNumber(ref text, out long weeks) && text.Length == 1;
            Add(ref seconds, weeks, 7 * 86400);
            return isNumber;
        }

        if (!text.StartsWith("T") && !TakeUnits(ref text, _dateUnits, ref seconds))
        {
            return false;
        }

        if (text.StartsWith("T"))
        {
            text = text[1..];
            return TakeUnits(ref text, _timeUnits, ref seconds) && text.IsEmpty;
        }

        return text.IsEmpty;
    }

    /// <summary>Takes one or more units: each number's unit must be the one right after the unit before.</summary>
    private static bool TakeUnits(ref ReadOnlySpan<char> text, (char Unit, long Seconds)[] units, ref long seconds)
    {
        int next = -1;
        while (TakeNumber(ref text, out long number))
        {
            char unit = text.IsEmpty ? '\0' : text[0];
            int index = Array.FindIndex(units, candidate => candidate.Unit == unit);
            if (index < 0 || (next >= 0 && index != next))
            {
                return false;
            }

            Add(ref seconds, number, units[index].Seconds);
            text = text[1..];
            next = index + 1;
        }

        return next >= 0;
    }

    /// <summary>Numbers with suffixes between spaces; none at all is zero, as it always was.</summary>
    private static bool ParseOldFormat(ReadOnlySpan<char> text, ref long seconds)
    {
        while (!(text = text.TrimStart()).IsEmpty)
        {
            int end = text.IndexOfAny(" \t\n");
            ReadOnlySpan<char> part = end < 0 ? text : text[..end];
            text = text[part.Length..];
            long unit = part[^1] switch { 'w' => 7 * 86400, 'd' => 86400, 'h' => 3600, 'm' => 60, 's' => 1, _ => 0 };
            if (unit == 0 || !TryParseInteger(part[..^1], out long number))
            {
                return false;
            }

            Add(ref seconds, number, unit);
        }

        return true;
    }

    /// <summary>Python's <c>int</c>: a sign, digits of any script, and single underscores between them.</summary>
    private static bool TryParseInteger(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        bool isNegative = text.StartsWith("-");
        text = isNegative || text.StartsWith("+") ? text[1..] : text;
        bool isAfterDigit = false;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isDigit = Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber;
            if (!isDigit && (rune.Value != '_' || !isAfterDigit))
            {
                return false;
            }

            number = isDigit ? Math.Min((number * 10) + (long)Rune.GetNumericValue(rune), BeyondAllSense) : number;
            isAfterDigit = isDigit;
        }

        number = isNegative ? -number : number;
        return isAfterDigit;
    }

    /// <summary>Takes digits.</summary>
    private static bool TakeNumber(ref ReadOnlySpan<char> text, out long number)
    {
        int length = 0;
        number = 0;
        while (length < text.Length && char.IsAsciiDigit(text[length]))
        {
            number = Math.Min((number * 10) + (text[length] - '0'), BeyondAllSense);
            length++;
        }

        text = text[length..];
        return length > 0;
    }

    /// <summary>Adds without overflow: the sum stays where it is clearly too long.</summary>
    private static void Add(ref long seconds, long number, long unit)
        => seconds = (long)Math.Clamp(seconds + ((decimal)number * unit), long.MinValue, long.MaxValue);
}
