namespace Mandos.Host.Plugins.Discovery;

/// <summary>A file that may be a plugin.</summary>
/// <param name="File">Its absolute path.</param>
/// <param name="HasOwnFolder">
/// Whether it stands in a folder of its own name, which says that it is meant as a plugin; else it may be a library that a plugin needs.
/// </param>
internal sealed record PluginCandidate(string File, bool HasOwnFolder)
{
    /// <summary>Name of the plugin.</summary>
    public string Name { get; } = Path.GetFileNameWithoutExtension(File);
}
