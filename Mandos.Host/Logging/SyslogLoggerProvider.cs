using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>Logs to syslog, as <c>LEVEL: text</c>; <see cref="Syslog"/> sees to the tag.</summary>
/// <param name="writer">Where the lines go, each with its priority in front.</param>
internal sealed class SyslogLoggerProvider(LineWriter writer) : LineLoggerProvider(writer)
{
    /// <inheritdoc/>
    protected override string Format(string category, LogLevel level, EventId eventId, string message, Exception? exception)
        => Syslog.Line(level, LogFormat.FormatText(category, level, message, exception));
}
