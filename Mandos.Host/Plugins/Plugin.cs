using System.Composition;
using System.Runtime.Loader;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.Plugins;

/// <summary>One plugin that was found.</summary>
/// <param name="description">What is known of it.</param>
/// <param name="options">Where its settings are.</param>
/// <param name="loaded">What it consists of; null unless it was loaded.</param>
internal sealed class Plugin(PluginDescription description, PluginOptions options, LoadedPlugin? loaded = null)
{
    private readonly Lock _lock = new();
    private volatile PluginDescription _description = description;
    private TaskCompletionSource _nextFault = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its state has changed. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>What is known of it now.</summary>
    public PluginDescription Description => _description;

    /// <summary>Where its assemblies are loaded; null unless it was loaded.</summary>
    public AssemblyLoadContext? LoadContext => loaded?.LoadContext;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider => loaded?.TimeProvider ?? TimeProvider.System;

    /// <summary>Ends when an exception on a thread of the plugin's own is next caught for it.</summary>
    public Task NextFault => Volatile.Read(ref _nextFault).Task;

    /// <summary>Its exports of one kind.</summary>
    /// <typeparam name="T">The contract of the kind.</typeparam>
    public IEnumerable<PluginExport<T>> GetExports<T>()
        where T : class
        => (loaded?.Exports ?? []).Where(composed => composed.Export.Kind.Contract == typeof(T))
            .Select(composed => new PluginExport<T>(composed.Export, this, (ExportFactory<T, PluginMetadata>)composed.Factory));

    /// <summary>Whether the class of an export, which it has, implements a contract beside that of its kind. Nothing is constructed.</summary>
    public bool Implements(ExportDescription export, Type contract)
        => contract.IsAssignableFrom(LoadContext?.Assemblies.Select(assembly => assembly.GetType(export.TypeName)).FirstOrDefault(type => type is not null));

    /// <summary>Whether it is loaded and exports something of this kind and name.</summary>
    public bool Exports(ExportDescription export) => loaded?.Exports.Any(composed => composed.Export.IsNamesakeOf(export)) == true;

    /// <summary>Notes that the plugin is broken.</summary>
    /// <param name="problem">What it failed to do.</param>
    /// <param name="cause">Why.</param>
    /// <returns>What to throw.</returns>
    public PluginException Fail(string problem, Exception cause)
    {
        var name = _description.Name;
        var bad = cause is PluginSettingException setting ? options.Describe(name, setting) : [];
        var reason = bad.Count == 0 ? Hide($"{problem}: {LogText.Summarize(cause)}")
            : bad.Count == 1 ? bad[0].ToString()
            : $"{bad[0]}; mandos --check-config shows {bad.Count - 1} more";
        Fail(reason);
        return new($"plugin {name}: {reason}", cause) { Problems = bad };
    }

    /// <summary>An exception of the plugin in a line, without the values of its settings.</summary>
    public string Summarize(Exception exception) => Hide(LogText.Summarize(exception));

    /// <summary>A text of the plugin without the values of its settings.</summary>
    public string Hide(string text) => options.HideSettings(_description.Name, text);

    /// <summary>Notes that the plugin is broken. The first reason stays: the rest may follow from it.</summary>
    /// <param name="reason">What it failed to do, and why.</param>
    public void Fail(string reason)
    {
        lock (_lock)
        {
            if (_description.State == PluginState.Malfunctioned)
            {
                return;
            }

            _description = _description with { State = PluginState.Malfunctioned, Reason = reason };
        }

        Changed?.Invoke();
    }

    /// <summary>Notes an unhandled exception of the plugin on a thread of its own, or of the pool.</summary>
    /// <param name="exception">The exception.</param>
    public void FailUnhandled(Exception exception)
    {
        Fail($"unhandled exception: {Summarize(exception)}");
        Interlocked.Exchange(ref _nextFault, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
