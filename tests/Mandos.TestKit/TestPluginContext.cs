using System.Collections.Concurrent;
using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Mandos.TestKit;

/// <summary>What a plugin gets in a test; it keeps what is logged.</summary>
/// <param name="stateDirectory">The state directory, for a plugin that has one.</param>
public sealed class TestPluginContext(string stateDirectory = "/nonexistent") : IPluginContext, ILogger
{
    private readonly ConcurrentQueue<(EventId Id, LogLevel Level, string Text)> _logged = new();
    private readonly List<(int Id, TaskCompletionSource<string> Line)> _awaited = [];

    public IReadOnlyCollection<(EventId Id, LogLevel Level, string Text)> Logged => _logged;

    public ILogger Logger => this;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    public string StateDirectory => stateDirectory;

    public bool Debug { get; init; }

    /// <summary>Waits for the next line with an event ID.</summary>
    public Task<string> NextAsync(int id)
    {
        TaskCompletionSource<string> line = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_awaited)
        {
            _awaited.Add((id, line));
        }

        return line.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        string text = formatter(state, exception);
        _logged.Enqueue((eventId, logLevel, text));
        lock (_awaited)
        {
            _awaited.FindAll(awaited => awaited.Id == eventId.Id).ForEach(awaited => awaited.Line.SetResult(text));
            _awaited.RemoveAll(awaited => awaited.Id == eventId.Id);
        }
    }
}
