using System.Globalization;

namespace Mandos.DBusControl.Texts;

/// <summary>
/// Times as the interface shows them: UTC in ISO 8601 without a zone, with six digits of a second's fraction unless it is zero; no time
/// is an empty text.
/// </summary>
internal static class TimeText
{
    /// <summary>Length of the longest text.</summary>
    public const int MaxLength = 26;

    private const int SecondsLength = 19;
    private const int RoundTripLength = 28;

    /// <summary>Writes a time as UTF-8.</summary>
    /// <param name="time">The time, or null.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Number of bytes written.</returns>
    public static int Format(DateTimeOffset? time, Span<byte> destination)
    {
        if (time is not { } value)
        {
            return 0;
        }

        // The round-trip format has seven digits and a Z; it is made fast.
        Span<byte> text = stackalloc byte[RoundTripLength];
        value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        int length = value.UtcTicks % TimeSpan.TicksPerSecond < TimeSpan.TicksPerMicrosecond ? SecondsLength : MaxLength;
        text[..length].CopyTo(destination);
        return length;
    }
}
