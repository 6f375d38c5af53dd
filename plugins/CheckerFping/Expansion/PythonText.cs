using System.Globalization;

namespace Mandos.CheckerFping.Expansion;

/// <summary>Values as Python's <c>str()</c> prints them, which existing checker commands rely on.</summary>
internal static class PythonText
{
    /// <summary>What Python prints for an absent value.</summary>
    public const string None = "None";

    /// <summary><c>True</c> or <c>False</c>.</summary>
    public static string Of(bool value) => value ? "True" : "False";

    /// <summary>A Python timedelta: <c>0:05:00</c>, <c>1 day, 0:00:00</c>, <c>0:00:00.500000</c>. Cut to microseconds.</summary>
    /// <param name="value">Zero or more.</param>
    public static string Of(TimeSpan value)
    {
        string days = value.Days switch
        {
            0 => "",
            1 => "1 day, ",
            _ => string.Create(CultureInfo.InvariantCulture, $"{value.Days} days, "),
        };
        string time = value.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture);
        return days + time + Fraction(value.Ticks);
    }

    /// <summary>
    /// A naive Python datetime in UTC: <c>2026-11-23 05:35:01.094310</c>; without the fraction where that is zero.
    /// </summary>
    public static string Of(DateTimeOffset? value)
        => value is { } time
            ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + Fraction(time.UtcTicks)
            : None;

    private static string Fraction(long ticks)
    {
        long microseconds = ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        return microseconds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{microseconds:D6}");
    }
}
