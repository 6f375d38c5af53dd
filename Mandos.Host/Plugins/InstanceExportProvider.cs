using System.Composition.Hosting.Core;

namespace Mandos.Host.Plugins;

/// <summary>Gives one existing object to parts that import its contract.</summary>
/// <typeparam name="T">The contract.</typeparam>
/// <param name="instance">The object. It is not disposed.</param>
internal sealed class InstanceExportProvider<T>(T instance) : ExportDescriptorProvider
    where T : class
{
    /// <inheritdoc/>
    public override IEnumerable<ExportDescriptorPromise> GetExportDescriptors(
        CompositionContract contract, DependencyAccessor descriptorAccessor)
        => contract.Equals(new CompositionContract(typeof(T)))
            ? [new(contract, typeof(T).Name, isShared: true, NoDependencies, _ => ExportDescriptor.Create((_, _) => instance, NoMetadata))]
            : NoExportDescriptors;
}
