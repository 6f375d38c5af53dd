using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>Logs an object of JSON on each line: the time in UTC, the level, the event's number, the logger's name, and the text.</summary>
/// <param name="stream">Where the lines go. It is not disposed.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="showStackTraces">Whether an exception is added with its stack trace.</param>
internal sealed class JsonLoggerProvider(Stream stream, TimeProvider timeProvider, bool showStackTraces)
    : LineLoggerProvider(new LineWriter(stream, describeDropped: count => DescribeDropped(count, timeProvider)))
{
    /// <inheritdoc/>
    protected override string Format(string category, LogLevel level, EventId eventId, string message, Exception? exception)
    {
        // The same text as in the other layout: escaped, since peers choose part of it and programs show it on terminals
        string text = LogText.Escape(message) + (exception is null ? "" : $": {LogText.Summarize(exception)}");
        return Format(timeProvider, category, level, eventId, text, showStackTraces ? exception : null);
    }

    private static string DescribeDropped(int count, TimeProvider timeProvider)
        => Format(timeProvider, "Mandos.Host", LogLevel.Warning, default, $"{count} log lines were dropped here", exception: null);

    private static string Format(TimeProvider timeProvider, string category, LogLevel level, EventId eventId, string text, Exception? exception)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", timeProvider.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", LogFormat.NameOf(level));
            json.WriteNumber("eventId", eventId.Id);
            json.WriteString("category", LogText.Escape(category));
            json.WriteString("message", text);
            if (exception is not null)
            {
                json.WriteString("exception", exception.ToString());
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
