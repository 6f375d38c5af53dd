using System.Globalization;
using System.Text.RegularExpressions;

namespace Mandos.Ctl.Servers.Web;

/// <summary>Names, times and durations as they are in the web API.</summary>
internal static partial class WebValues
{
    /// <summary>The path of a client below that of the API; it has no dot, as two of them would mean another path.</summary>
    public static string PathOf(string clientName) => $"clients/{Escape(clientName)}";

    /// <summary>A name as a part of a path.</summary>
    public static string Escape(string name) => Uri.EscapeDataString(name).Replace(".", "%2E", StringComparison.Ordinal);

    /// <summary>A time as it is on D-Bus, and so in every list: UTC in ISO 8601 without a zone, with microseconds unless these are zero.</summary>
    public static string ToText(DateTimeOffset? time) => time is not { } value ? "" : value.UtcDateTime.ToString(
        value.UtcTicks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.ffffff",
        CultureInfo.InvariantCulture);

    /// <summary>A name in small letters with underscores, as D-Bus has it: <c>Approval timed out</c>.</summary>
    public static string ToWords(string name) => name.Length == 0 ? "" : char.ToUpperInvariant(name[0]) + name[1..].Replace('_', ' ');

    /// <summary>A duration for the server, in seconds: <c>PT0.5S</c>.</summary>
    public static string ToDuration(ulong milliseconds)
        => string.Create(CultureInfo.InvariantCulture, $"PT{milliseconds / 1000m:0.###}S");

    /// <summary>A duration of the server, in milliseconds: ISO 8601 with days, hours, minutes, and seconds that may have a fraction.</summary>
    /// <exception cref="FormatException">It is none, or too long.</exception>
    public static ulong ToMilliseconds(string duration)
    {
        Match match = Duration().Match(duration);
        if (!match.Success)
        {
            throw new FormatException($"“{duration}” is no duration");
        }

        try
        {
            return checked((ulong)((Part("d") * 86_400_000m) + (Part("h") * 3_600_000m) + (Part("m") * 60_000m) + (Part("s") * 1000m)));
        }
        catch (OverflowException)
        {
            throw new FormatException($"the duration “{duration}” is too long");
        }

        decimal Part(string name) => match.Groups[name] is { Success: true } part ? decimal.Parse(part.ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(
        @"^P(?=.)(?:(?<d>[0-9]{1,20})D)?(?:T(?=.)(?:(?<h>[0-9]{1,20})H)?(?:(?<m>[0-9]{1,20})M)?(?:(?<s>[0-9]{1,20}(?:\.[0-9]{1,9})?)S)?)?\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
