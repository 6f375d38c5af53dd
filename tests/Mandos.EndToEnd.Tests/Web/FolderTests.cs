using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Mandos.EndToEnd.Tests.Web;

/// <summary>The plugin's folder has all of ASP.NET that its assemblies refer to, and no more.</summary>
public sealed class FolderTests
{
    [Fact]
    public void Folder_OfThePlugin_IsClosed()
    {
        string folder = Path.Combine(Repository.Plugins, "WebControl");
        Dictionary<string, string> here = Directory.GetFiles(folder, "*.dll").ToDictionary(file => Path.GetFileNameWithoutExtension(file));
        HashSet<string> reached = ["WebControl"];
        var missing = new List<string>();
        var next = new Queue<string>(reached);
        while (next.TryDequeue(out string? name))
        {
            foreach (string reference in ReferencesOf(here[name]))
            {
                if (!here.ContainsKey(reference))
                {
                    if (!IsOfTheServer(reference))
                    {
                        missing.Add($"{name} needs {reference}");
                    }
                }
                else if (reached.Add(reference))
                {
                    next.Enqueue(reference);
                }
            }
        }

        Assert.Empty(missing);
        Assert.Equal(here.Keys.Order(StringComparer.Ordinal), reached.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> ReferencesOf(string file)
    {
        using var image = new PEReader(File.OpenRead(file));
        MetadataReader metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    /// <summary>Whether plugins share it with the server, or it is part of .NET.</summary>
    private static bool IsOfTheServer(string name)
        => name is "Mandos.Abstractions" or "Microsoft.Extensions.Logging.Abstractions" or "Microsoft.Extensions.DependencyInjection.Abstractions"
            or "System.Composition.AttributedModel"
            || ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Any(
                file => Path.GetFileNameWithoutExtension(file) == name && file.Contains("/Microsoft.NETCore.App/", StringComparison.Ordinal));
}
