using Mandos.TestKit;

namespace Mandos.Architecture.Tests;

/// <summary>The files of the repository.</summary>
internal static class Sources
{
    /// <summary>The folders with projects of the product.</summary>
    public static IEnumerable<string> ProductProjects
        => Directory.GetDirectories(Repository.Root, "Mandos.*").Concat(Directory.GetDirectories(Path.Combine(Repository.Root, "plugins")))
            .SelectMany(folder => Directory.GetFiles(folder, "*.csproj")).Order(StringComparer.Ordinal);

    /// <summary>The C# files below a folder that people write.</summary>
    public static IEnumerable<string> In(string folder)
    {
        foreach (string child in Directory.GetDirectories(folder))
        {
            if (Path.GetFileName(child) is not ("artifacts" or "bin" or "obj" or ".git"))
            {
                foreach (string file in In(child))
                {
                    yield return file;
                }
            }
        }

        foreach (string file in Directory.GetFiles(folder, "*.cs"))
        {
            yield return file;
        }
    }
}
