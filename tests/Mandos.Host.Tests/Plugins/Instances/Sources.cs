using Mandos.BadPlugins;

namespace Mandos.Host.Tests.Plugins.Instances;

/// <summary>Plugins with one checker, in which a test may put what it wants.</summary>
internal static class Sources
{
    public static void Compile(PluginFolder folder, string name, string members, string interfaces = "IChecker", string attributes = "")
        => PluginCompiler.CompilePlugin(folder.InFolder(name), $$"""
            [assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]
            [ExportChecker("{{name}}")] {{attributes}}
            public class Checker : {{interfaces}}
            {
                {{(members.Contains("Prepare(", StringComparison.Ordinal) ? "" : "public ICheck Prepare(ClientSnapshot client) => null;")}}
                {{members}}
            }
            """);
}
