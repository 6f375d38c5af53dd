using System.Composition;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Isolation;

namespace Mandos.Host.Plugins;

/// <summary>Something that an active plugin exports, not yet created.</summary>
/// <typeparam name="T">Its contract.</typeparam>
/// <param name="export">What it is.</param>
/// <param name="plugin">The plugin that exports it.</param>
/// <param name="factory">Constructs it.</param>
internal sealed class PluginExport<T>(ExportDescription export, Plugin plugin, ExportFactory<T, PluginMetadata> factory)
    where T : class
{
    /// <summary>The name by which configuration refers to it, unique in its kind.</summary>
    public string Name => export.Name;

    /// <summary>Name of the plugin that it belongs to.</summary>
    public string PluginName => plugin.Description.Name;

    /// <summary>The plugin that it belongs to.</summary>
    public Plugin Plugin => plugin;

    /// <summary>Whether its class implements a contract beside <typeparamref name="T"/>.</summary>
    public bool Implements<TOther>() => plugin.Implements(export, typeof(TOther));

    /// <summary>Constructs a new instance, which belongs to the caller.</summary>
    /// <exception cref="PluginException">
    /// Its constructor failed or hangs. The plugin counts as malfunctioned from then on.
    /// </exception>
    public T Create()
    {
        try
        {
            // Not disposed as an Export<T>: MEF knows nothing of IAsyncDisposable.
            return PluginThread.Run(
                () => factory.CreateExport().Value, PluginLimits.Construction, plugin.TimeProvider,
                late: instance => _ = PluginThread.DisposeAsync(instance));
        }
        catch (Exception e)
        {
            throw plugin.Fail($"cannot create {export.Kind} “{export.Name}”", e);
        }
    }
}
