using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins.Trust;

/// <summary>
/// Tells which files beside a plugin without a folder of its own could be loaded with it, so that a neighbour that is not to be trusted
/// harms only those that need it.
/// </summary>
internal static class PlainPluginFiles
{
    /// <summary>Finds them.</summary>
    /// <param name="directory">The plugin directory.</param>
    /// <param name="name">Name of the plugin.</param>
    /// <returns>
    /// The plugin, what it refers to, and everything there that belongs to no other plugin: at run time it may ask for any of that.
    /// </returns>
    public static IEnumerable<string> Find(string directory, string name)
    {
        var plugins = Directory.EnumerateFiles(directory, "*.dll").Where(IsPlugin)
            .Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet(StringComparer.Ordinal);
        plugins.Remove(name);
        var unclaimed = Directory.EnumerateFileSystemEntries(directory)
            .Where(entry => !IsPluginFolder(entry) && !IsOfOther(Path.GetFileName(entry)));
        return unclaimed.Concat(References(directory, name));

        // X.dll, X.deps.json, X.runtimeconfig.dev.json, X.pdb
        bool IsOfOther(string file)
        {
            for (var end = file.LastIndexOf('.'); end > 0; end = file.LastIndexOf('.', end - 1))
            {
                var owner = file[..end];
                if (owner == name || plugins.Contains(owner))
                {
                    return owner != name;
                }
            }

            return false;
        }
    }

    /// <summary>Whether it is the folder of a plugin, or one from which nothing can be loaded.</summary>
    private static bool IsPluginFolder(string path)
        => File.Exists(Path.Combine(path, Path.GetFileName(path) + ".dll")) || (Directory.Exists(path) && !PluginDiscovery.CanEnter(path));

    private static bool IsPlugin(string file)
    {
        try
        {
            return PluginManifestReader.Read(file) is not null;
        }
        catch (Exception)
        {
            // Whatever is wrong with a neighbour, it is no plugin then
            return false;
        }
    }

    /// <summary>The assembly, and the assemblies and native libraries beside it that it needs, and those that these need.</summary>
    private static HashSet<string> References(string directory, string name)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var pending = new Queue<string>([$"{name}.dll"]);
        while (pending.TryDequeue(out var file))
        {
            var path = Path.Combine(directory, file);
            if (!File.Exists(path) || !found.Add(path))
            {
                continue;
            }

            foreach (var reference in ReadReferences(path))
            {
                pending.Enqueue(reference);
            }
        }

        return found;
    }

    /// <summary>Names of the files that an assembly may refer to. A native library is looked for under several.</summary>
    private static List<string> ReadReferences(string path)
    {
        List<string> names = [];
        try
        {
            using var stream = File.OpenRead(path);
            using var image = new PEReader(stream);
            if (!image.HasMetadata)
            {
                return names;
            }

            var metadata = image.GetMetadataReader();
            names.AddRange(metadata.AssemblyReferences
                .Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name) + ".dll"));
            for (var row = 1; row <= metadata.GetTableRowCount(TableIndex.ModuleRef); row++)
            {
                var library = metadata.GetString(metadata.GetModuleReference(MetadataTokens.ModuleReferenceHandle(row)).Name);
                names.AddRange([library, $"{library}.so", $"lib{library}.so", $"lib{library}", $"{library}.dll"]);
            }
        }
        catch (BadImageFormatException)
        {
            // A native library.
        }

        return names;
    }
}
