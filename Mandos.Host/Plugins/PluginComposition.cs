using System.Composition.Hosting;
using System.Reflection;
using System.Runtime.Loader;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Plugins;

/// <summary>Composes the exported classes of one plugin by MEF, apart from those of other plugins. Nothing is constructed.</summary>
internal static class PluginComposition
{
    private static readonly string _contractsName = typeof(IPluginContext).Assembly.GetName().Name!;

    /// <summary>Composes a plugin.</summary>
    /// <param name="assembly">The plugin's assembly, loaded.</param>
    /// <param name="exports">What it exports, at least one.</param>
    /// <param name="context">What its classes may import.</param>
    /// <returns>What constructs each export.</returns>
    /// <exception cref="PluginException">The plugin cannot be composed; says why.</exception>
    /// <exception cref="CompositionFailedException">A class imports what the server does not give.</exception>
    public static IReadOnlyList<ComposedExport> Compose(
        Assembly assembly, IReadOnlyList<ExportDescription> exports, IPluginContext context)
    {
        // Only the exported classes: scanning all types takes longer, and fails if any one of them needs a library that is not there.
        var types = exports.Select(export => assembly.GetType(export.TypeName, throwOnError: true)!).ToArray();
        RefusePrivateContracts(assembly);
        for (var i = 0; i < types.Length; i++)
        {
            RefuseUnfit(exports[i], types[i]);
        }

        var host = new ContainerConfiguration()
            .WithParts(types.Distinct())
            .WithProvider(new InstanceExportProvider<IPluginContext>(context))
            .CreateContainer();
        List<ComposedExport> composed = [];
        foreach (var kind in exports.GroupBy(export => export.Kind))
        {
            var factories = kind.Key.FindFactories(host);
            foreach (var export in kind)
            {
                composed.Add(new(export, factories.TryGetValue(export.Name, out var factory)
                    ? factory
                    : throw new PluginException($"class {export.TypeName} gives no {export.Kind}")));
            }
        }

        return composed;
    }

    /// <summary>
    /// A copy of the contracts in the plugin's own load context has other types than the server's, so MEF would find no exports and report
    /// no error. It gets there when the plugin brings one that is newer than the server's.
    /// </summary>
    private static void RefusePrivateContracts(Assembly assembly)
    {
        var copy = AssemblyLoadContext.GetLoadContext(assembly)!.Assemblies.FirstOrDefault(a => a.GetName().Name == _contractsName);
        if (copy is not null)
        {
            throw new PluginException($"it brings its own copy of {_contractsName} ({copy.Location}), which must be the server's: remove it "
                + "and build the plugin against the contracts of this server");
        }
    }

    private static void RefuseUnfit(ExportDescription export, Type type)
    {
        var problem = export switch
        {
            _ when !type.IsAssignableTo(export.Kind.Contract) => $"it does not implement {export.Kind.Contract.Name}",
            _ when type.IsAbstract => "it is abstract",
            _ when type.ContainsGenericParameters => "it is generic",
            { Name.Length: 0 } => "its name is empty",
            _ => null,
        };
        if (problem is not null)
        {
            throw new PluginException($"class {type} is exported as {export.Kind} but {problem}");
        }
    }
}
