using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Mandos.BadPlugins;

/// <summary>Compiles assemblies from text, so that each faulty plugin stands in the test that needs it.</summary>
public static class PluginCompiler
{
    private const string Usings = """
        global using System;
        global using System.Composition;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Mandos.Abstractions.Announcing;
        global using Mandos.Abstractions.Checking;
        global using Mandos.Abstractions.Clients;
        global using Mandos.Abstractions.Control;
        global using Mandos.Abstractions.Plugins;
        """;

    private static readonly MetadataReference[] _platformReferences =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Compiles a plugin against the contracts of this server.</summary>
    /// <param name="file">Where the assembly goes; its name becomes the assembly's.</param>
    /// <param name="source">The text, for which the contracts' namespaces are imported.</param>
    public static void CompilePlugin(string file, string source) => Compile(file, [Usings, source], _platformReferences);

    /// <summary>Compiles a plugin against another build of the contracts.</summary>
    /// <param name="file">Where the assembly goes.</param>
    /// <param name="source">The text.</param>
    /// <param name="contracts">The assembly of those contracts.</param>
    public static void CompilePluginAgainst(string file, string source, string contracts)
    {
        var others = _platformReferences.Where(
            reference => Path.GetFileName(reference.Display) != Path.GetFileName(contracts));
        Compile(file, [source], [.. others, MetadataReference.CreateFromFile(contracts)]);
    }

    /// <summary>Compiles any library.</summary>
    public static void CompileLibrary(string file, string source) => Compile(file, [source], _platformReferences);

    private static void Compile(string file, string[] sources, MetadataReference[] references)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var result = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(file),
            sources.Select(source => CSharpSyntaxTree.ParseText(source)),
            references,
            new(OutputKind.DynamicallyLinkedLibrary)).Emit(file);
        if (!result.Success)
        {
            throw new InvalidOperationException(string.Join('\n', result.Diagnostics));
        }
    }
}
