using System.Runtime.Loader;

namespace Mandos.Host.Plugins;

/// <summary>What a plugin consists of once it is loaded.</summary>
/// <param name="LoadContext">Where its assemblies are.</param>
/// <param name="Exports">Its exports.</param>
/// <param name="TimeProvider">The clock.</param>
internal sealed record LoadedPlugin(AssemblyLoadContext LoadContext, IReadOnlyList<ComposedExport> Exports, TimeProvider TimeProvider);
