using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mandos.WebControl.Api;

/// <summary>Durations as clients.conf has them: ISO 8601 without years and months, to the millisecond, such as <c>P1DT2H</c> or <c>PT0.5S</c>.</summary>
internal static class IsoDuration
{
    private static readonly (char Unit, bool IsTime, TimeSpan Length)[] _units =
    [
        ('W', false, TimeSpan.FromDays(7)), ('D', false, TimeSpan.FromDays(1)), ('H', true, TimeSpan.FromHours(1)),
        ('M', true, TimeSpan.FromMinutes(1)), ('S', true, TimeSpan.FromSeconds(1)),
    ];

    private static readonly SearchValues<char> _numbers = SearchValues.Create("0123456789.");

    /// <summary>Writes a duration.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero)
        {
            return Format(TimeSpan.Zero);
        }

        StringBuilder text = new("P"), time = new();
        Append(text, duration.Days, 'D');
        Append(time, duration.Hours, 'H');
        Append(time, duration.Minutes, 'M');
        decimal seconds = duration.Seconds + (duration.Milliseconds / 1000m);
        if (seconds > 0 || (time.Length == 0 && duration.Days == 0))
        {
            time.Append(CultureInfo.InvariantCulture, $"{seconds:0.###}S");
        }

        return time.Length == 0 ? text.ToString() : $"{text}T{time}";

        static void Append(StringBuilder target, int number, char unit)
        {
            if (number > 0)
            {
                target.Append(CultureInfo.InvariantCulture, $"{number}{unit}");
            }
        }
    }

    /// <summary>Reads a duration.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        if (rest.Length > 64 || !rest.StartsWith("P"))
        {
            return false;
        }

        rest = rest[1..];
        bool isTime = false;
        int next = 0;
        while (rest.Length > 0 && (rest[0] != 'T' || (!isTime && rest.Length > 1)))
        {
            if (rest[0] == 'T')
            {
                isTime = true;
                rest = rest[1..];
                continue;
            }

            int digits = rest.IndexOfAnyExcept(_numbers);
            int unit = -1;
            for (int i = next; digits > 0 && unit < 0 && i < _units.Length; i++)
            {
                unit = _units[i].Unit == rest[digits] && _units[i].IsTime == isTime ? i : -1;
            }

            if (unit < 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                || DecimalsOf(rest[..digits]) > (_units[unit].Unit == 'S' ? 3 : 0)
                || number > TimeSpan.MaxValue.Ticks / _units[unit].Length.Ticks)
            {
                return false;
            }

            long ticks = (long)(number * _units[unit].Length.Ticks);
            if (duration.Ticks > TimeSpan.MaxValue.Ticks - ticks)
            {
                return false;
            }

            duration += new TimeSpan(ticks);
            next = unit + 1;
            rest = rest[(digits + 1)..];
        }

        return rest.Length == 0 && next > 0;
    }

    /// <summary>How many decimals count. A part of a millisecond is refused: rounded to nothing, it would be no time at all.</summary>
    private static int DecimalsOf(ReadOnlySpan<char> number)
        => number.IndexOf('.') is >= 0 and int point ? number[(point + 1)..].TrimEnd('0').Length : 0;
}
