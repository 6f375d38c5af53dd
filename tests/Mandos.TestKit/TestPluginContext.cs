using System.Collections.Concurrent;
using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace Mandos.TestKit;

/// <summary>What a plugin gets in a test; it keeps what is logged.</summary>
/// <param name="stateDirectory">The state directory, for a plugin that has one.</param>
public sealed class TestPluginContext(string stateDirectory = "/nonexistent") : IPluginContext, ILogger
{
    private readonly ConcurrentQueue<(EventId Id, string Text)> _logged = new();

    public IReadOnlyCollection<(EventId Id, string Text)> Logged => _logged;

    public ILogger Logger => this;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public string StateDirectory => stateDirectory;

    public bool Debug { get; init; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => _logged.Enqueue((eventId, formatter(state, exception)));
}
