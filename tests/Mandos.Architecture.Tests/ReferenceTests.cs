using System.Xml.Linq;
using Mandos.TestKit;

namespace Mandos.Architecture.Tests;

/// <summary>Projects refer to one another one way: Host → Engine → Abstractions ← plugins.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] _plugin = ["Mandos.Abstractions", "Mandos.Bus"];

    /// <summary>What each project may refer to.</summary>
    private static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["Mandos.Abstractions"] = [],
        ["Mandos.Bus"] = [],
        ["Mandos.Ctl"] = ["Mandos.Abstractions", "Mandos.Bus"],
        ["Mandos.Engine"] = ["Mandos.Abstractions"],
        ["Mandos.Host"] = ["Mandos.Abstractions", "Mandos.Engine", "Mandos.PluginContracts"],
        ["Mandos.PluginContracts"] = ["Mandos.Abstractions"],
        ["Mandos.PluginContracts.Xunit"] = ["Mandos.Abstractions", "Mandos.PluginContracts"],
    };

    public static TheoryData<string> Projects => [.. Sources.ProductProjects.Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_OfTheProduct_RefersToThoseBelowItOnly(string project)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        IEnumerable<string> files = project.StartsWith("plugins/", StringComparison.Ordinal) ? [project, "plugins/Directory.Build.props"] : [project];
        HashSet<string> allowed = [.. _allowed.GetValueOrDefault(name, _plugin)];
        HashSet<string> references =
        [
            .. files
                .SelectMany(file => XDocument.Load(Path.Combine(Repository.Root, file)).Descendants("ProjectReference"))
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)),
        ];

        Assert.Subset(allowed, references);
    }
}
