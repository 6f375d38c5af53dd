using System.Reflection;
using System.Runtime.Loader;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins;

/// <summary>Finds out before a plugin is used whether what it was compiled against is there.</summary>
internal static class PluginReferences
{
    private static readonly Lazy<HashSet<string>> _platform = new(() => ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
        .Split(Path.PathSeparator).Select(Path.GetFileNameWithoutExtension).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase));

    /// <summary>Looks for each library that a plugin's own assembly refers to, without loading those that stand where they should.</summary>
    /// <param name="plugin">The plugin's assembly, in its load context.</param>
    /// <exception cref="PluginException">Some are missing.</exception>
    public static void Require(Assembly plugin)
    {
        string directory = Path.GetDirectoryName(plugin.Location)!;
        AssemblyLoadContext context = AssemblyLoadContext.GetLoadContext(plugin)!;
        string[] missing =
        [
            .. plugin.GetReferencedAssemblies()
                .Where(reference => !_platform.Value.Contains(reference.Name!)
                    && !File.Exists(Path.Combine(directory, $"{reference.Name}.dll")) && !CanLoad(context, reference))
                .Select(reference => reference.Name!),
        ];
        if (missing.Length > 0)
        {
            throw new PluginException($"it needs {string.Join(", ", missing)}, which is not there; install it again, with all its files");
        }
    }

    private static bool CanLoad(AssemblyLoadContext context, AssemblyName reference)
    {
        try
        {
            context.LoadFromAssemblyName(reference);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            return false;
        }
    }
}
