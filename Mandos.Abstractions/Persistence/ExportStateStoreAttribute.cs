using Mandos.Abstractions.Plugins;

namespace Mandos.Abstractions.Persistence;

/// <summary>Exports a class as a state store.</summary>
/// <param name="name">Its name in the plugin configuration.</param>
public sealed class ExportStateStoreAttribute(string name) : ExportPluginAttribute(typeof(IStateStore))
{
    /// <inheritdoc/>
    public override string Name { get; } = name;
}
