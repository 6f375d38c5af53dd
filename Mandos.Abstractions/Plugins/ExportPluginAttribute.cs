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
    private protected ExportPluginAttribute(string name, Type contract) : base(contract) => Name = name;

    /// <summary>The name by which configuration refers to the plugin, unique among plugins of its kind.</summary>
    public string Name { get; }
}
