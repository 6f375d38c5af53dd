using System.Composition;
using System.Reflection;
using Mandos.Abstractions.Plugins;
using McMaster.NETCore.Plugins.Loader;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>Loads each plugin into a load context of its own, where only the contracts are the server's.</summary>
/// <remarks>
/// It builds the contexts without <see cref="McMaster.NETCore.Plugins.PluginLoader"/>, which would read <c>*.runtimeconfig.json</c> files: those
/// of the plugin can redirect loading to any directory, and parsing the server's own takes longer than all the rest of loading.
/// </remarks>
internal sealed class PluginAssemblyLoader : IPluginAssemblyLoader
{
    /// <summary>One type of each assembly that plugins share with the server; the assemblies that those need are shared with them.</summary>
    /// <remarks>Nothing else is shared, so a plugin may bring any version of any other library.</remarks>
    private static readonly Type[] _sharedTypes = [typeof(IPluginContext), typeof(ExportAttribute), typeof(ILogger)];

    /// <inheritdoc/>
    public Assembly Load(string file)
    {
        var builder = new AssemblyLoadContextBuilder().SetMainAssemblyPath(file);
        foreach (var type in _sharedTypes)
        {
            builder.PreferDefaultLoadContextAssembly(type.Assembly.GetName());
        }

        return builder.Build().LoadFromAssemblyPath(file);
    }
}
