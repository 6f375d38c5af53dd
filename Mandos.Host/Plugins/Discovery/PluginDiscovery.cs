using Mandos.Host.Unix;

namespace Mandos.Host.Plugins.Discovery;

/// <summary>Finds the files that may be plugins.</summary>
internal static class PluginDiscovery
{
    /// <summary>Where the plugins are, unless the options say otherwise.</summary>
    public static string DefaultDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "plugins");

    /// <summary>Finds <c>Name/Name.dll</c> and <c>Name.dll</c> under a directory.</summary>
    /// <param name="directory">The plugin directory; if there is none, there are no plugins.</param>
    /// <returns>Absolute paths in ordinal order of the names, so that every start loads in the same order.</returns>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory must not be read.</exception>
    public static IReadOnlyList<PluginCandidate> Find(string directory)
    {
        directory = Path.GetFullPath(directory);
        if (!Directory.Exists(directory))
        {
            return [];
        }

        List<PluginCandidate> candidates = [];
        foreach (var folder in Directory.EnumerateDirectories(directory))
        {
            var file = Path.Combine(folder, Path.GetFileName(folder) + ".dll");
            if (File.Exists(file) || !CanEnter(folder))
            {
                candidates.Add(new(file, HasOwnFolder: true));
            }
        }

        foreach (var file in Directory.EnumerateFiles(directory, "*.dll"))
        {
            candidates.Add(new(file, HasOwnFolder: false));
        }

        candidates.Sort(Compare);
        return candidates;
    }

    /// <summary>Whether this process can look into a folder. In one that it cannot there may be a plugin that is meant to be used.</summary>
    public static bool CanEnter(string folder) => Libc.access(folder, Libc.X_OK) == 0;

    private static int Compare(PluginCandidate x, PluginCandidate y)
        => string.CompareOrdinal(x.Name, y.Name) is var order and not 0 ? order : y.HasOwnFolder.CompareTo(x.HasOwnFolder);
}
