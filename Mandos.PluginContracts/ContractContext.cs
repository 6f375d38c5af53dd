using System.Collections.Concurrent;
using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace Mandos.PluginContracts;

/// <summary>
/// What a plugin gets in a check or in a test of its author: a temporary state directory, settings that can be filled in before the
/// plugin is made, and a log that is kept.
/// </summary>
public sealed class ContractContext : IPluginContext, ILogger, IDisposable
{
    private readonly ConcurrentQueue<string> _logged = new();
    private readonly Lazy<string> _stateDirectory =
        new(() => Directory.CreateTempSubdirectory("mandos-check-").FullName, LazyThreadSafetyMode.ExecutionAndPublication);

    private string? _givenDirectory;

    /// <summary>Everything that was logged, of all levels, with what was logged of exceptions.</summary>
    public IReadOnlyCollection<string> Logged => _logged;

    /// <summary>Gets what is logged too; null for nobody.</summary>
    public ILogger? ForwardTo { get; set; }

    /// <inheritdoc/>
    public ILogger Logger => this;

    /// <inheritdoc/>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The settings, to be filled in.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    IReadOnlyDictionary<string, string> IPluginContext.Settings => (IReadOnlyDictionary<string, string>)Settings;

    /// <summary>The state directory: one that was set, or a temporary one that is deleted at the end.</summary>
    public string StateDirectory
    {
        get => _givenDirectory ?? _stateDirectory.Value;
        set => _givenDirectory = value;
    }

    /// <inheritdoc/>
    public bool Debug { get; set; }

    /// <inheritdoc/>
    public bool IsTrial { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_stateDirectory.IsValueCreated && Directory.Exists(_stateDirectory.Value))
        {
            Directory.Delete(_stateDirectory.Value, recursive: true);
        }
    }

    /// <inheritdoc/>
    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    /// <inheritdoc/>
    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        _logged.Enqueue(formatter(state, exception) + exception);
        ForwardTo?.Log(logLevel, eventId, state, exception, formatter);
    }
}
