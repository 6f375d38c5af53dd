using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Mandos.EndToEnd.Tests.Authors;

/// <summary>The packages for authors fit together, and are those of this source.</summary>
public sealed partial class PackageTests
{
    private static readonly string _version = Read("Directory.Build.props").Descendants("Version").Single().Value;

    [Fact]
    public void TemplatesAndReadmes_PackageVersions_AreOurs()
    {
        Dictionary<string, string> central = Read("Directory.Packages.props").Descendants("PackageVersion")
            .ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);
        string[] files =
        [
            .. Directory.EnumerateFiles(PathOf("templates/checker"), "*", SearchOption.AllDirectories),
            PathOf("Mandos.Abstractions/README.md"),
        ];

        (string Package, string Version)[] references =
        [
            .. files.SelectMany(file => Reference().Matches(File.ReadAllText(file)))
                .Select(match => (match.Groups[1].Value, match.Groups[2].Value)),
        ];

        Assert.Contains("xunit.v3", references.Select(reference => reference.Package));
        Assert.All(references, reference => Assert.Equal(
            reference.Package.StartsWith("Mandos.", StringComparison.Ordinal) ? _version : central[reference.Package],
            reference.Version));
    }

    [Theory]
    [InlineData("Mandos.Abstractions", "lib/net10.0/Mandos.Abstractions.xml", "buildTransitive/Mandos.Abstractions.targets")]
    [InlineData("Mandos.PluginContracts", "lib/net10.0/Mandos.PluginContracts.dll", "lib/net10.0/Mandos.PluginContracts.xml")]
    [InlineData("Mandos.PluginContracts.Xunit", "lib/net10.0/Mandos.PluginContracts.Xunit.dll")]
    [InlineData("Mandos.Templates", "content/.template.config/template.json", "content/global.json")]
    public void Pack_Package_HoldsWhatAuthorsNeed(string package, params string[] files)
    {
        using ZipArchive archive = ZipFile.OpenRead(PathOf($"artifacts/packages/{package}.{_version}.nupkg"));
        using Stream description = archive.GetEntry($"{package}.nuspec")!.Open();
        XElement metadata = XDocument.Load(description).Root!.Elements().Single(element => element.Name.LocalName == "metadata");

        Assert.Subset(archive.Entries.Select(entry => entry.FullName).ToHashSet(), files.Append("README.md").ToHashSet());
        Assert.DoesNotContain(archive.Entries, entry => entry.FullName.Contains("/obj/", StringComparison.Ordinal));
        Assert.Equal("MIT", Value("license"));
        Assert.NotEqual("Package Description", Value("description"));
        Assert.NotEmpty(Value("tags"));

        string Value(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
    }

    private static XDocument Read(string file) => XDocument.Load(PathOf(file));

    private static string PathOf(string file) => Path.Combine(Repository.Root, file);

    [GeneratedRegex("<PackageReference Include=\"([^\"]*)\" Version=\"([^\"]*)\"")]
    private static partial Regex Reference();
}
