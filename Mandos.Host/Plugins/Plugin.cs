using System.Composition;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Logging;

namespace Mandos.Host.Plugins;

/// <summary>One plugin that was found.</summary>
/// <param name="description">What is known of it.</param>
/// <param name="factories">What constructs its exports; empty unless it is active.</param>
internal sealed class Plugin(PluginDescription description, IReadOnlyDictionary<ExportDescription, object> factories)
{
    private volatile PluginDescription _description = description;

    /// <summary>What is known of it now.</summary>
    public PluginDescription Description => _description;

    /// <summary>Its exports of one kind.</summary>
    /// <typeparam name="T">The contract of the kind.</typeparam>
    public IEnumerable<PluginExport<T>> GetExports<T>()
        where T : class
        => factories.Where(pair => pair.Key.Kind.Contract == typeof(T))
            .Select(pair => new PluginExport<T>(pair.Key, this, (ExportFactory<T, PluginMetadata>)pair.Value));

    /// <summary>Notes that the plugin is broken.</summary>
    /// <param name="problem">What it failed to do.</param>
    /// <param name="cause">Why.</param>
    /// <returns>What to throw.</returns>
    public PluginException Fail(string problem, Exception cause)
    {
        var reason = $"{problem}: {LogText.Summarize(cause)}";
        _description = _description with { State = PluginState.Malfunctioned, Reason = reason };
        return new($"plugin {_description.Name}: {reason}", cause);
    }
}
