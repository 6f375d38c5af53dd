namespace Mandos.Host.Configuration;

/// <summary>Reads durations as mandos-clients.conf(5) writes them.</summary>
/// <remarks>
/// Either RFC 3339 appendix A (<c>P1Y2M3DT4H5M6S</c>, <c>P2W</c>; upper case; a year is 52 weeks, a month 4 weeks), or the
/// older format (<c>1w 2d 3h 4m 5s</c>: numbers with a suffix each, added up).
/// </remarks>
internal static class Duration
{
    /// <summary>The longest one: far beyond any use, and near enough that the present plus it is a date.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(2_000_000);

    /// <summary>The units in the order of the RFC's grammar; the time units, from H on, follow a T.</summary>
    private static readonly (char Unit, long Seconds)[] _dateUnits = [('Y', 364 * 86400), ('M', 28 * 86400), ('D', 86400)];

    private static readonly (char Unit, long Seconds)[] _timeUnits = [('H', 3600), ('M', 60), ('S', 1)];

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <param name="value">The duration, from zero to <see cref="Max"/>.</param>
    /// <returns>What is wrong and what is allowed, or null.</returns>
    public static string? Parse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        long seconds = 0;
        bool understood = text.StartsWith('P') ? ParseRfc3339(text.AsSpan(1), ref seconds) : ParseOldFormat(text, ref seconds);
        if (!understood)
        {
            return $"{OptionValues.Quote(text)} is no duration; use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h";
        }

        if (seconds > Max.TotalSeconds)
        {
            return $"{OptionValues.Quote(text)} is too long; at most P{Max.Days}D is allowed";
        }

        value = TimeSpan.FromSeconds(seconds);
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
        foreach (Range range in text.SplitAny(" \t\n"))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.IsEmpty)
            {
                continue;
            }

            if (!TakeNumber(ref part, out long number) || part.Length != 1)
            {
                return false;
            }

            long unit = part[0] switch { 'w' => 7 * 86400, 'd' => 86400, 'h' => 3600, 'm' => 60, 's' => 1, _ => 0 };
            if (unit == 0)
            {
                return false;
            }

            Add(ref seconds, number, unit);
        }

        return true;
    }

    /// <summary>Takes digits; a number beyond all sense counts as 10^15, which exceeds <see cref="Max"/> in any unit.</summary>
    private static bool TakeNumber(ref ReadOnlySpan<char> text, out long number)
    {
        int length = 0;
        number = 0;
        while (length < text.Length && char.IsAsciiDigit(text[length]))
        {
            number = Math.Min((number * 10) + (text[length] - '0'), 1_000_000_000_000_000);
            length++;
        }

        text = text[length..];
        return length > 0;
    }

    /// <summary>Adds without overflow: the sum stays where it is clearly too long.</summary>
    private static void Add(ref long seconds, long number, long unit) =>
        seconds = (long)Int128.Min(seconds + ((Int128)number * unit), long.MaxValue);
}
