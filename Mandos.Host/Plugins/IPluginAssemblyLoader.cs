using System.Reflection;

namespace Mandos.Host.Plugins;

/// <summary>Loads the assembly of a plugin and, when needed, the libraries beside it, apart from those of other plugins.</summary>
internal interface IPluginAssemblyLoader
{
    /// <summary>Loads an assembly for the rest of the process's life.</summary>
    /// <param name="file">Absolute path of the assembly.</param>
    /// <exception cref="IOException">It cannot be read or is not of the expected form.</exception>
    /// <exception cref="BadImageFormatException">It is not an assembly for this platform.</exception>
    Assembly Load(string file);
}
