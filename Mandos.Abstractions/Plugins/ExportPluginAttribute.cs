using System.Composition;
using System.Diagnostics.CodeAnalysis;

namespace Mandos.Abstractions.Plugins;

/// <summary>Base of the attributes by which a class offers itself to the server.</summary>
/// <remarks>
/// An exported class has a constructor without parameters, or one marked <see cref="ImportingConstructorAttribute"/> that takes an
/// <see cref="IPluginContext"/>. Constructors do no input or output.
/// </remarks>
[MetadataAttribute]
[AttributeUsage(AttributeTargets.Class)]
public abstract class ExportPluginAttribute : ExportAttribute
{
    private protected ExportPluginAttribute(Type contract) : base(contract)
    {
    }

    /// <summary>The name by which configuration refers to the plugin, unique among plugins of its kind.</summary>
    /// <remarks>Each attribute declares it again, because MEF takes metadata only from properties that the attribute's own class declares.</remarks>
    public abstract string Name { get; }

    /// <summary>
    /// The settings that the class takes from <see cref="IPluginContext.Settings"/>. Others that <c>plugins.yaml</c> gives to the plugin
    /// are an error at start. In <c>mail.*.host</c> the asterisk stands for a name that the administrator chooses, in <c>events.*</c> for the
    /// places in a list.
    /// </summary>
    /// <remarks>Read from the assembly's metadata, before any of its code runs.</remarks>
    [SuppressMessage("Performance", "CA1819:Properties should not return arrays", Justification = "Attributes take arrays only.")]
    public string[] Settings { get; set; } = [];

    /// <summary>
    /// Whether the class is left out unless <c>plugins.yaml</c> chooses it: by the name of the export if the server needs exactly one of its kind, by an
    /// entry for the plugin, which may be empty, if it uses any number. So it can be installed with the usual ones, and costs nothing.
    /// </summary>
    /// <remarks>Read from the assembly's metadata: no code of a plugin is loaded that has only such exports, none of which is chosen.</remarks>
    public bool OnlyIfChosen { get; set; }
}
