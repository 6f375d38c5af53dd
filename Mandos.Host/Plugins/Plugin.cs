using System.Composition;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.Plugins;

/// <summary>One plugin that was found.</summary>
/// <param name="description">What is known of it.</param>
/// <param name="exports">Its exports; none unless it was loaded.</param>
/// <param name="options">Where its settings are.</param>
internal sealed class Plugin(PluginDescription description, IReadOnlyList<ComposedExport> exports, PluginOptions options)
{
    private volatile PluginDescription _description = description;

    /// <summary>What is known of it now.</summary>
    public PluginDescription Description => _description;

    /// <summary>Its exports of one kind.</summary>
    /// <typeparam name="T">The contract of the kind.</typeparam>
    public IEnumerable<PluginExport<T>> GetExports<T>()
        where T : class
        => exports.Where(composed => composed.Export.Kind.Contract == typeof(T))
            .Select(composed => new PluginExport<T>(composed.Export, this, (ExportFactory<T, PluginMetadata>)composed.Factory));

    /// <summary>Whether it is loaded and exports something of this kind and name.</summary>
    public bool Exports(ExportDescription export) => exports.Any(composed => composed.Export.IsNamesakeOf(export));

    /// <summary>Notes that the plugin is broken.</summary>
    /// <param name="problem">What it failed to do.</param>
    /// <param name="cause">Why.</param>
    /// <returns>What to throw.</returns>
    public PluginException Fail(string problem, Exception cause)
    {
        var name = _description.Name;
        var bad = cause is PluginSettingException setting ? options.Describe(name, setting) : null;
        var reason = bad?.ToString() ?? options.HideSettings(name, $"{problem}: {LogText.Summarize(cause)}");
        _description = _description with { State = PluginState.Malfunctioned, Reason = reason };
        return new($"plugin {name}: {reason}", cause) { Problem = bad };
    }
}
