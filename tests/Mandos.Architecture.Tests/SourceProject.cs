using System.Reflection;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Mandos.Architecture.Tests;

/// <summary>The sources of a project, in which the compiler says what each name means: constants, generics and <c>var</c> count too.</summary>
/// <param name="files">The files, each by its path within the project.</param>
/// <param name="assemblyName">The assembly's name, by which others let it see what is internal.</param>
internal sealed class SourceProject(IEnumerable<(string Path, string Text)> files, string assemblyName)
{
    /// <summary>What all projects get from <c>ImplicitUsings</c> and <c>tests/Directory.Build.props</c>.</summary>
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions _language = new(LanguageVersion.Preview, DocumentationMode.None);

    /// <summary>The runtime's assemblies and those of all projects and packages, but for this one, whose namespaces would hide others.</summary>
    private static readonly Lazy<IReadOnlyList<MetadataReference>> _assemblies = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => path != typeof(SourceProject).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    /// <summary>What writes the members of classes for JSON, as in the SDK's builds.</summary>
    private static readonly Lazy<IIncrementalGenerator> _jsonGenerator = new(() =>
    {
        string packs = Path.GetFullPath("../../../packs/Microsoft.NETCore.App.Ref", Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        string file = Directory.GetFiles(packs, "System.Text.Json.SourceGeneration.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        return (IIncrementalGenerator)Activator.CreateInstance(
            Assembly.LoadFrom(file).GetType("System.Text.Json.SourceGeneration.JsonSourceGenerator", throwOnError: true)!)!;
    });

    /// <summary>Names of the syntax that mean no type or member.</summary>
    private static readonly HashSet<string> _words = ["nameof", "notnull", "unmanaged"];

    /// <summary>Reads the project in a folder, with the files of others that it compiles by a link.</summary>
    public static SourceProject Read(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        var project = XDocument.Load(file);
        IEnumerable<(string Path, string Text)> own = Sources.In(folder).Select(path => (Path.GetRelativePath(folder, path), File.ReadAllText(path)));
        IEnumerable<(string Path, string Text)> linked = project.Descendants("Compile")
            .Where(link => link.Attribute("Link") is not null)
            .Select(link => (link.Attribute("Link")!.Value, File.ReadAllText(Path.Combine(folder, link.Attribute("Include")!.Value))));
        return new SourceProject(
            own.Concat(linked), project.Descendants("AssemblyName").FirstOrDefault()?.Value ?? Path.GetFileNameWithoutExtension(file));
    }

    /// <summary>Finds which folders use which.</summary>
    /// <exception cref="InvalidOperationException">A name means nothing, so that an arrow could be missed.</exception>
    public IReadOnlyList<Arrow> FindArrows()
    {
        SyntaxTree[] trees = [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, _language, file.Path))];
        Compilation compilation = CSharpCompilation.Create(
            assemblyName,
            [.. trees, CSharpSyntaxTree.ParseText(Usings, _language)],
            _assemblies.Value.Where(assembly => Path.GetFileNameWithoutExtension(assembly.Display) != assemblyName),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        if (files.Any(file => file.Text.Contains("[JsonSerializable(", StringComparison.Ordinal)))
        {
            CSharpGeneratorDriver.Create([_jsonGenerator.Value.AsSourceGenerator()], parseOptions: _language)
                .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _);
        }

        HashSet<SyntaxTree> written = [.. trees];
        return [.. trees.SelectMany(tree => FindArrows(tree, compilation.GetSemanticModel(tree), written)).Distinct()];
    }

    private static IEnumerable<Arrow> FindArrows(SyntaxTree tree, SemanticModel model, HashSet<SyntaxTree> written)
    {
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes(node => node is not UsingDirectiveSyntax))
        {
            if (node is not (SimpleNameSyntax or ImplicitObjectCreationExpressionSyntax) || _words.Contains(node.ToString()))
            {
                continue;
            }

            SymbolInfo found = model.GetSymbolInfo(node);
            ISymbol symbol = found.Symbol ?? found.CandidateSymbols.FirstOrDefault()
                ?? throw new InvalidOperationException($"{tree.FilePath}({tree.GetLineSpan(node.Span).StartLinePosition.Line + 1}): what is “{node}”?");
            INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
            foreach (SyntaxReference place in (type?.OriginalDefinition.DeclaringSyntaxReferences ?? []).Where(place => written.Contains(place.SyntaxTree)))
            {
                string from = Folder(tree), to = Folder(place.SyntaxTree);
                if (from != to)
                {
                    string user = node.Ancestors().OfType<BaseTypeDeclarationSyntax>().LastOrDefault()?.Identifier.Text
                        ?? Path.GetFileNameWithoutExtension(tree.FilePath);
                    yield return new Arrow(from, to, user, type!.Name);
                }
            }
        }
    }

    private static string Folder(SyntaxTree tree) => Path.GetDirectoryName(tree.FilePath) is { Length: > 0 } folder ? folder : ".";
}
