using System.Composition;
using System.Reflection;
using Mandos.Abstractions.Plugins;
using McMaster.NETCore.Plugins;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>Loads each plugin into a load context of its own, where only the contracts are the server's.</summary>
internal sealed class PluginAssemblyLoader : IPluginAssemblyLoader
{
    /// <summary>One type of each assembly that plugins share with the server; what those need is shared with them.</summary>
    /// <remarks>Nothing else is shared, so a plugin may bring any version of any other library.</remarks>
    private static readonly Type[] SharedTypes = [typeof(IPluginContext), typeof(ExportAttribute), typeof(ILogger)];

    /// <inheritdoc/>
    public Assembly Load(string file)
        => PluginLoader.CreateFromAssemblyFile(file, isUnloadable: false, SharedTypes).LoadDefaultAssembly();
}
