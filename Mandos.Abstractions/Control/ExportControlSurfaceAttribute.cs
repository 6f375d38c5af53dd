using Mandos.Abstractions.Plugins;

namespace Mandos.Abstractions.Control;

/// <summary>Exports a class as a control surface.</summary>
/// <param name="name">Its name in the plugin configuration.</param>
public sealed class ExportControlSurfaceAttribute(string name) : ExportPluginAttribute(typeof(IControlSurface))
{
    /// <inheritdoc/>
    public override string Name { get; } = name;
}
