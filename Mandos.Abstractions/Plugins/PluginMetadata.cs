namespace Mandos.Abstractions.Plugins;

/// <summary>What an <see cref="ExportPluginAttribute"/> says of its class, readable without constructing it.</summary>
public sealed class PluginMetadata
{
    /// <summary><inheritdoc cref="ExportPluginAttribute.Name" path="/summary"/></summary>
    public string Name { get; set; } = "";
}
