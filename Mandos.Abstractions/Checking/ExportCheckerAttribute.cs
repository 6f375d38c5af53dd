using Mandos.Abstractions.Plugins;

namespace Mandos.Abstractions.Checking;

/// <summary>Exports a class as a checker.</summary>
/// <param name="name">The value of <c>checker_plugin</c> that chooses it.</param>
public sealed class ExportCheckerAttribute(string name) : ExportPluginAttribute(typeof(IChecker))
{
    /// <inheritdoc/>
    public override string Name { get; } = name;
}
