using Mandos.PluginContracts;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.SelfTesting;

/// <summary>The log of plugins in the self-test: their messages go to the usual log, and to the context of the present check.</summary>
/// <param name="usual">Makes the usual loggers.</param>
internal sealed class ContextLog(ILoggerFactory usual) : ILoggerFactory
{
    private volatile ContractContext? _context;

    /// <summary>The context of the present check.</summary>
    public ContractContext? Context
    {
        get => _context;
        set => _context = value;
    }

    public ILogger CreateLogger(string categoryName) => new Relay(usual.CreateLogger(categoryName), this);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    /// <summary>Nothing: the usual log is another's.</summary>
    public void Dispose()
    {
    }

    private sealed class Relay(ILogger usual, ContextLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => usual.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            usual.Log(logLevel, eventId, state, exception, formatter);
            log.Context?.Logger.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
