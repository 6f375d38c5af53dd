using Mandos.Abstractions.Plugins;

namespace Mandos.Abstractions.Announcing;

/// <summary>Exports a class as an announcer.</summary>
/// <param name="name">Its name in the plugin configuration.</param>
public sealed class ExportAnnouncerAttribute(string name) : ExportPluginAttribute(typeof(IAnnouncer))
{
    /// <inheritdoc/>
    public override string Name { get; } = name;
}
