using System.Composition;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins;

/// <summary>An export that MEF can construct.</summary>
/// <param name="Export">What it is.</param>
/// <param name="Factory">An <see cref="ExportFactory{T, TMetadata}"/> of its contract and <see cref="PluginMetadata"/>.</param>
internal sealed record ComposedExport(ExportDescription Export, object Factory);
