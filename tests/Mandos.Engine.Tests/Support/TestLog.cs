using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Support;

/// <summary>Keeps what is logged.</summary>
internal sealed class TestLog : ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IReadOnlyCollection<(LogLevel Level, string Text)> Lines => _lines;

    /// <summary>A line with this in it cannot be logged; null for none.</summary>
    public string? FailsOn { get; set; }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string text = formatter(state, exception);
        if (FailsOn is { } part && text.Contains(part, StringComparison.Ordinal))
        {
            throw new IOException("the log fails");
        }

        _lines.Enqueue((logLevel, exception is null ? text : $"{text}: {exception}"));
    }

    public void Clear() => _lines.Clear();

    public bool Has(LogLevel level, string part)
        => _lines.Any(line => line.Level == level && line.Text.Contains(part, StringComparison.Ordinal));
}
