using System.Composition;

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
    /// <remarks>Each attribute declares it anew, because MEF takes metadata only from properties that the attribute's own class declares.</remarks>
    public abstract string Name { get; }
}
