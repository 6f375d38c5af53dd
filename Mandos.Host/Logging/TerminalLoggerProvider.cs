using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>Logs to the terminal: date and time in the local time zone, then what <see cref="LogFormat"/> lays out.</summary>
/// <param name="writer">Where the lines go. The provider disposes it, which writes the last lines.</param>
/// <param name="format">The layout.</param>
/// <param name="timeProvider">The clock and the time zone.</param>
/// <param name="showStackTraces">Whether stack traces follow their records, on indented lines.</param>
internal sealed class TerminalLoggerProvider(LineWriter writer, LogFormat format, TimeProvider timeProvider, bool showStackTraces)
    : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    private void Write(string category, LogLevel level, string message, Exception? exception)
    {
        var time = timeProvider.GetLocalNow().ToString("yyyy-MM-dd HH:mm:ss,fff", CultureInfo.InvariantCulture);
        var line = $"{time} {format.Format(category, level, message, exception)}";
        if (showStackTraces && exception is not null)
        {
            // Indented and escaped, no line of it can be taken for a record.
            var trace = exception.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            line = string.Join("\n    ", [line, .. trace.Select(LogText.Escape)]);
        }

        writer.Write(line);
    }

    private sealed class Logger(TerminalLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        // The factory applies the level that the administrator chose.
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                provider.Write(category, logLevel, formatter(state, exception), exception);
            }
        }
    }
}
