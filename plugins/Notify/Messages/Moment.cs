using System.Globalization;
using System.Xml;

namespace Mandos.Notify.Messages;

/// <summary>Times and durations as programs and people read them.</summary>
internal static class Moment
{
    /// <summary>A time by RFC 3339, in UTC, to the millisecond.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time for people, to the second.</summary>
    public static string ForPeople(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A duration by ISO 8601, such as <c>PT5M</c>.</summary>
    public static string Text(TimeSpan duration) => XmlConvert.ToString(duration);

    /// <summary>A duration for people, to the second: <c>1 h 5 min</c>.</summary>
    public static string ForPeople(TimeSpan duration)
    {
        (int Number, string Unit)[] parts = [(duration.Days, "d"), (duration.Hours, "h"), (duration.Minutes, "min"), (duration.Seconds, "s")];
        string text = string.Join(' ', parts.Where(static part => part.Number > 0).Take(2).Select(static part => $"{part.Number} {part.Unit}"));
        return text.Length > 0 ? text : "0 s";
    }
}
