using System.Globalization;

namespace Mandos.Ctl.Monitor;

/// <summary>Points in time, as the server gives them, and durations for people.</summary>
internal static class Times
{
    /// <summary>Reads UTC in ISO 8601 without a zone.</summary>
    /// <returns>Null: empty, which is never, or not a time.</returns>
    public static DateTimeOffset? Parse(string text)
        => DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time)
            ? time
            : null;

    /// <summary>A duration of the server; ten years at most, to be added to any time.</summary>
    public static TimeSpan FromMilliseconds(ulong value)
        => TimeSpan.FromMilliseconds((double)Math.Min(value, (ulong)TimeSpan.FromDays(3650).TotalMilliseconds));

    /// <summary>A duration such as <c>1:02</c>, <c>1:00:02</c> or <c>3d 4h</c>; negative ones are zero.</summary>
    public static string Text(TimeSpan duration)
    {
        duration = duration < TimeSpan.Zero ? TimeSpan.Zero : duration;
        return duration.TotalDays >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)duration.TotalDays}d {duration.Hours}h")
            : duration.ToString(duration.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
    }
}
