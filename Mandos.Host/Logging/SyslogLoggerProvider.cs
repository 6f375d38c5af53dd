using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>Logs to syslog, as <c>LEVEL: text</c>; <see cref="Syslog"/> sees to the tag.</summary>
/// <param name="writer">Where the lines go, each with its priority in front. The provider disposes it, which writes the last lines.</param>
internal sealed class SyslogLoggerProvider(LineWriter writer) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Logs a line.</summary>
    public void Write(string category, LogLevel level, string message, Exception? exception)
        => writer.Write(Syslog.Line(level, LogFormat.FormatText(category, level, message, exception)));

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    private sealed class Logger(SyslogLoggerProvider provider, string category) : ILogger
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
