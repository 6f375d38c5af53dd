using Mandos.Abstractions.Plugins;

namespace Mandos.Abstractions.Tls;

/// <summary>Exports a class as a TLS back end.</summary>
/// <param name="name">Its name in the plugin configuration.</param>
public sealed class ExportTlsBackendAttribute(string name) : ExportPluginAttribute(typeof(ITlsBackend))
{
    /// <inheritdoc/>
    public override string Name { get; } = name;
}
