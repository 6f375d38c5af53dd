using Microsoft.Extensions.Logging;

namespace Mandos.Host.Logging;

/// <summary>Logs to something that takes lines.</summary>
/// <param name="writer">Where the lines go. The provider disposes it, which writes the last lines.</param>
internal abstract class LineLoggerProvider(LineWriter writer) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Logs a record.</summary>
    /// <param name="category">Name of the logger.</param>
    /// <param name="level">Level of the record.</param>
    /// <param name="eventId">What kind of record it is; 0 for none.</param>
    /// <param name="message">What happened; not escaped yet.</param>
    /// <param name="exception">Its cause.</param>
    public void Write(string category, LogLevel level, EventId eventId, string message, Exception? exception)
        => writer.Write(Format(category, level, eventId, message, exception));

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    /// <summary>Lays out a record, without an end of line.</summary>
    /// <inheritdoc cref="Write"/>
    protected abstract string Format(string category, LogLevel level, EventId eventId, string message, Exception? exception);

    private sealed class Logger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        // The factory applies the level that the administrator chose.
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                provider.Write(category, logLevel, eventId, formatter(state, exception), exception);
            }
        }
    }
}
