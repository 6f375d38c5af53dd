using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>Logs to the terminal: date and time in the local time zone, then what <see cref="LogFormat"/> lays out.</summary>
/// <param name="writer">Where the lines go.</param>
/// <param name="format">The layout.</param>
/// <param name="timeProvider">The clock and the time zone.</param>
/// <param name="showStackTraces">Whether stack traces follow their records, on indented lines.</param>
internal sealed class TerminalLoggerProvider(LineWriter writer, LogFormat format, TimeProvider timeProvider, bool showStackTraces)
    : LineLoggerProvider(writer)
{
    /// <inheritdoc/>
    protected override string Format(string category, LogLevel level, EventId eventId, string message, Exception? exception)
    {
        string time = timeProvider.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss,fff", CultureInfo.InvariantCulture);
        string line = $"{time} {format.Format(category, level, message, exception)}";
        if (!showStackTraces || exception is null)
        {
            return line;
        }

        // Indented and escaped, no line of it can be taken for a record.
        string[] trace = exception.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return string.Join("\n    ", [line, .. trace.Select(LogText.Escape)]);
    }
}
