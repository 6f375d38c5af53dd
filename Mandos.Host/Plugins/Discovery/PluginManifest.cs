namespace Mandos.Host.Plugins.Discovery;

/// <summary>What an assembly says of itself in its metadata, read without loading it.</summary>
/// <param name="Version">Version of the plugin.</param>
/// <param name="Contract">The contract that it was built against.</param>
/// <param name="Exports">What it exports.</param>
internal sealed record PluginManifest(string Version, Version Contract, IReadOnlyList<ExportDescription> Exports);
