using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Plugins;

namespace Mandos.Abstractions.Checking;

/// <summary>Exports a class as a checker.</summary>
/// <param name="name">The value of <c>checker_plugin</c> that chooses it.</param>
public sealed class ExportCheckerAttribute(string name) : ExportPluginAttribute(typeof(IChecker))
{
    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <summary>
    /// The options of a client's section that the checker takes besides those that the server knows; lower-case. The server leaves out a
    /// client of this checker whose section has an option that neither knows.
    /// </summary>
    /// <remarks>Read from the assembly's metadata, before any of its code runs.</remarks>
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "Attributes take arrays only.")]
    public string[] Options { get; set; } = [];
}
