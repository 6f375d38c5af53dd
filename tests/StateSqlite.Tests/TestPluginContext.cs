using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace StateSqlite.Tests;

/// <summary>A plugin context with a state directory of the test's choice; it keeps what is logged.</summary>
internal sealed class TestPluginContext(string stateDirectory) : IPluginContext, ILogger
{
    public List<(EventId Id, string Text)> Logged { get; } = [];

    public ILogger Logger => this;

    public TimeProvider TimeProvider => TimeProvider.System;

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    public string StateDirectory => stateDirectory;

    public bool Debug => false;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Logged.Add((eventId, formatter(state, exception)));
}
