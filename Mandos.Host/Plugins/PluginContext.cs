using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>What one plugin gets from the server.</summary>
/// <param name="pluginName">Name of the plugin.</param>
/// <param name="services">What all plugins get.</param>
/// <param name="settings">Its settings.</param>
internal sealed class PluginContext(string pluginName, PluginServices services, IReadOnlyDictionary<string, string> settings) : IPluginContext
{
    /// <inheritdoc/>
    public ILogger Logger { get; } = services.LoggerFactory.CreateLogger(pluginName);

    /// <inheritdoc/>
    public TimeProvider TimeProvider => services.TimeProvider;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Settings { get; } = settings;

    /// <inheritdoc/>
    public string StateDirectory => services.StateDirectory;

    /// <inheritdoc/>
    public bool Debug => services.Debug;

    /// <inheritdoc/>
    public bool IsTrial => services.IsTrial;
}
