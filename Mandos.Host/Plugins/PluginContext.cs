using System.Collections.ObjectModel;
using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>What one plugin gets from the server.</summary>
/// <param name="pluginName">Name of the plugin.</param>
/// <param name="services">What all plugins get.</param>
internal sealed class PluginContext(string pluginName, PluginServices services) : IPluginContext
{
    /// <inheritdoc/>
    public ILogger Logger { get; } = services.LoggerFactory.CreateLogger(pluginName);

    /// <inheritdoc/>
    public TimeProvider TimeProvider => services.TimeProvider;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Settings => ReadOnlyDictionary<string, string>.Empty;

    /// <inheritdoc/>
    public string StateDirectory => services.StateDirectory;

    /// <inheritdoc/>
    public bool Debug => services.Debug;
}
