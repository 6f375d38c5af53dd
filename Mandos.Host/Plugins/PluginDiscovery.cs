namespace Mandos.Host.Plugins;

/// <summary>Finds the files that may be plugins.</summary>
internal static class PluginDiscovery
{
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

        var inFolders = Directory.EnumerateDirectories(directory)
            .Select(folder => new PluginCandidate(Path.Combine(folder, Path.GetFileName(folder) + ".dll"), HasOwnFolder: true))
            .Where(candidate => File.Exists(candidate.File));
        var plain = Directory.EnumerateFiles(directory, "*.dll").Select(file => new PluginCandidate(file, HasOwnFolder: false));
        return
        [
            .. inFolders.Concat(plain)
                .OrderBy(candidate => candidate.Name, StringComparer.Ordinal)
                .ThenByDescending(candidate => candidate.HasOwnFolder),
        ];
    }
}
