using System.Globalization;
using System.Text.RegularExpressions;

namespace Mandos.Ctl.Commands;

/// <summary>
/// Reads durations as mandos-clients.conf(5) writes them: RFC 3339 appendix A (<c>P1DT2H</c>; a year is 52 weeks, a month 4), or the older
/// <c>1d 2h</c>, where a number alone is of milliseconds as it always was here.
/// </summary>
internal static partial class Durations
{
    private const string Allowed = "use one such as PT5M or P1DT12H (RFC 3339), or 1d 12h";

    private static readonly (string Group, ulong Milliseconds)[] _units =
    [
        ("Y", 364 * 86_400_000UL), ("M", 28 * 86_400_000UL), ("W", 604_800_000), ("D", 86_400_000), ("h", 3_600_000), ("m", 60_000),
        ("s", 1000),
    ];

    /// <summary>Reads a duration.</summary>
    /// <returns>In milliseconds.</returns>
    /// <exception cref="UsageException">It is none, or longer than can be said.</exception>
    public static ulong Parse(string text)
    {
        Match match = Rfc3339().Match(text);
        UInt128 sum = 0;
        if (match.Success)
        {
            foreach ((string group, ulong milliseconds) in _units)
            {
                sum += match.Groups[group].Success ? Number(match.Groups[group].ValueSpan) * milliseconds : 0;
            }
        }
        else if (OldFormat().Match(text) is { Success: true } old)
        {
            for (int i = 0; i < old.Groups["number"].Captures.Count; i++)
            {
                ulong factor = old.Groups["unit"].Captures[i].Value switch
                {
                    "w" => 604_800_000,
                    "d" => 86_400_000,
                    "h" => 3_600_000,
                    "m" => 60_000,
                    "s" => 1000,
                    _ => 1,
                };
                sum += Number(old.Groups["number"].Captures[i].ValueSpan) * factor;
            }
        }
        else
        {
            throw new UsageException($"“{text.ReplaceLineEndings("…")}” is no duration; {Allowed}");
        }

        return sum <= long.MaxValue ? (ulong)sum : throw new UsageException($"“{text.ReplaceLineEndings("…")}” is too long; {Allowed}");
    }

    /// <summary>A number, or one that is too large in any unit.</summary>
    private static UInt128 Number(ReadOnlySpan<char> digits)
        => ulong.TryParse(digits, CultureInfo.InvariantCulture, out ulong number) ? number : ulong.MaxValue;

    [GeneratedRegex(
        @"^P(?:(?<W>[0-9]+)W"
        + @"|(?=.)(?:(?<Y>[0-9]+)Y(?:(?<M>[0-9]+)M(?:(?<D>[0-9]+)D)?)?|(?<M>[0-9]+)M(?:(?<D>[0-9]+)D)?|(?<D>[0-9]+)D)?"
        + @"(?:T(?:(?<h>[0-9]+)H(?:(?<m>[0-9]+)M(?:(?<s>[0-9]+)S)?)?|(?<m>[0-9]+)M(?:(?<s>[0-9]+)S)?|(?<s>[0-9]+)S))?)\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Rfc3339();

    [GeneratedRegex(@"^[\s,]*(?:(?<number>[0-9]+)(?<unit>[wdhms]?)(?![^\s,0-9])[\s,]*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex OldFormat();
}
