using System.Xml.Linq;
using DBusControl.Tests.Support;

namespace DBusControl.Tests;

/// <summary>The description of the objects is that of Debian's server by content, and one interface more.</summary>
public sealed class IntrospectionTests
{
    [Fact]
    public async Task Introspect_Client_IsAsDebiansAndHasTheExtension()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var lines = await DescribeAsync(rig, Rig.Foo);

        string[] own = [.. lines.Where(line => line.StartsWith(Caller.ClientExtension, StringComparison.Ordinal))];
        Assert.Equal(Expected("client.txt"), lines.Except(own));
        Assert.Contains($"{Caller.ClientExtension} property Location s readwrite", own);
    }

    [Fact]
    public async Task Introspect_Root_IsAsDebiansAndHasTheExtension()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        var lines = await DescribeAsync(rig, "/");

        string[] own = [.. lines.Where(line => line.StartsWith(Caller.Extension, StringComparison.Ordinal)
            || line.StartsWith(Caller.Properties, StringComparison.Ordinal))];
        Assert.Equal(Expected("root.txt"), lines.Except(own));
        Assert.Contains($"{Caller.Extension} method Reload()", own);
        Assert.Contains(own, static member => member.StartsWith($"{Caller.Extension} method GetKeptClients(", StringComparison.Ordinal));
        Assert.Contains(own, static member => member.StartsWith($"{Caller.Extension} method ForgetClient(", StringComparison.Ordinal));
        Assert.Contains($"{Caller.Extension} property Version s read [EmitsChangedSignal=const]", own);
    }

    // Interfaces come and go, announcers are told another name, and plugins fail.
    [Fact]
    public async Task Introspect_ExtensionsProperties_ConstantIsTheVersionAlone()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        string[] properties = [.. (await DescribeAsync(rig, "/")).Where(line => line.StartsWith($"{Caller.Extension} property", StringComparison.Ordinal))];

        Assert.Equal(7, properties.Length);
        Assert.Equal(
            $"{Caller.Extension} property Version s read [EmitsChangedSignal=const]",
            Assert.Single(properties, line => !line.EndsWith("[EmitsChangedSignal=false]", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Introspect_NoClient_RootHasNoChild()
    {
        await using var rig = await Rig.StartAsync();

        Assert.DoesNotContain("node clients", await DescribeAsync(rig, "/"));
    }

    [Fact]
    public async Task Introspect_Clients_ListsThem()
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"), Rig.Client("bar.example-org"));

        Assert.Equal(["node bar_example_org", "node foo"], await DescribeAsync(rig, "/clients"));
    }

    [Theory]
    [InlineData("/clients/nobody")]
    [InlineData("/clients/foo/below")]
    [InlineData("/other")]
    public async Task Introspect_UnknownPath_IsEmpty(string path)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Empty(await DescribeAsync(rig, path));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/clients/foo")]
    [InlineData("/other")]
    public async Task Ping_AnyPath_Answers(string path)
    {
        await using var rig = await Rig.StartAsync(Rig.Client("foo"));

        Assert.Equal("", await rig.Caller.CallAsync(path, "org.freedesktop.DBus.Peer", "Ping", Array.Empty<string>()));
    }

    private static string[] Expected(string file)
        => [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", file)).Order(StringComparer.Ordinal)];

    /// <summary>The description as lines, without regard to order and white space.</summary>
    private static async Task<string[]> DescribeAsync(Rig rig, string path)
    {
        var node = XDocument.Parse(await rig.Caller.IntrospectAsync(path)).Root!;
        return [.. node.Elements("interface").SelectMany(Describe)
            .Concat(node.Elements("node").Select(child => $"node {Name(child)}"))
            .Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Describe(XElement element)
    {
        var name = Name(element);
        yield return name + Annotations(element);
        foreach (var member in element.Elements().Where(member => member.Name.LocalName != "annotation"))
        {
            var text = member.Name.LocalName == "property"
                ? $"{Name(member)} {member.Attribute("type")!.Value} {member.Attribute("access")!.Value}"
                : $"{Name(member)}({string.Join(", ", member.Elements("arg").Select(Argument))})";
            yield return $"{name} {member.Name.LocalName} {text}{Annotations(member)}";
        }
    }

    private static string Argument(XElement argument) => string.Join(
        ' ', new[] { "direction", "type", "name" }.Select(name => argument.Attribute(name)?.Value).Where(text => text is not null));

    private static string Annotations(XElement element) => string.Concat(element.Elements("annotation")
        .OrderBy(Name, StringComparer.Ordinal)
        .Select(annotation => $" [{Name(annotation).Split('.')[^1]}={annotation.Attribute("value")!.Value}]"));

    private static string Name(XElement element) => element.Attribute("name")!.Value;
}
