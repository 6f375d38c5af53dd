using System.Collections.Concurrent;
using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace DBusControl.Tests.Support;

/// <summary>A plugin context that names the bus and keeps what is logged.</summary>
internal sealed class TestPluginContext(string address, TimeProvider? time = null) : IPluginContext, ILogger
{
    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> _logged = [];
    private readonly List<(int Id, TaskCompletionSource<string> Done)> _awaited = [];

    public IEnumerable<(int Id, LogLevel Level, string Text)> Logged => _logged;

    public ILogger Logger => this;

    public TimeProvider TimeProvider { get; } = time ?? TimeProvider.System;

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["address"] = address };

    public string StateDirectory => "/nonexistent";

    public bool Debug => false;

    /// <summary>Waits for the next line with an event ID.</summary>
    public Task<string> NextAsync(int id)
    {
        var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_awaited)
        {
            _awaited.Add((id, done));
        }

        return done.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        _logged.Enqueue((eventId.Id, logLevel, text));
        lock (_awaited)
        {
            foreach (var (_, done) in _awaited.Where(awaited => awaited.Id == eventId.Id))
            {
                done.SetResult(text);
            }

            _awaited.RemoveAll(awaited => awaited.Id == eventId.Id);
        }
    }
}
