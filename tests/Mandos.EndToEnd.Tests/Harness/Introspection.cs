using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>What an object says of itself, in a form that can be compared.</summary>
internal static partial class Introspection
{
    // Ours has an interface of its own on /, and so Properties too, and one on each client.
    private static readonly string[] _onlyOurs =
    [
        $"/node(name=\"/\")/interface(name=\"{BusPeer.ServerExtension}\")",
        $"/node(name=\"/\")/interface(name=\"{BusPeer.Properties}\")",
    ];

    /// <summary>A list of interfaces, or of their properties, without that of the client which only ours has.</summary>
    /// <param name="text">The values of a <see cref="BusReply"/> or a <see cref="BusSignal"/>.</param>
    public static string WithoutExtension(string text) => ClientExtension().Replace(text, "");

    [GeneratedRegex($@", '{BusPeer.ClientExtension}'(: \{{[^{{}}]*\}})?")]
    private static partial Regex ClientExtension();

    /// <summary>Reads an answer of Introspect.</summary>
    /// <param name="reply">The answer as a <see cref="BusReply"/>'s body.</param>
    public static XElement Parse(string reply)
    {
        const string Start = "('";
        const string End = "')";
        var text = reply[Start.Length..^End.Length].Replace("\\'", "'", StringComparison.Ordinal).TrimStart();
        using var reader = XmlReader.Create(new StringReader(text), new() { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    /// <summary>
    /// One line for each fact, sorted: order and white space do not count, but the order of arguments does. Members that
    /// only our server has are left out.
    /// </summary>
    /// <param name="reply">An answer of Introspect as a <see cref="BusReply"/>'s body.</param>
    public static IReadOnlyList<string> CommonFacts(string reply)
    {
        List<string> facts = [];
        Collect(Parse(reply), "");
        facts.Sort(StringComparer.Ordinal);
        return [.. facts.Where(fact => !_onlyOurs.Any(place => fact.StartsWith(place, StringComparison.Ordinal))
            && !fact.Contains($"/interface(name=\"{BusPeer.ClientExtension}\")", StringComparison.Ordinal))];

        void Collect(XElement element, string place)
        {
            var attributes = element.Attributes().OrderBy(attribute => attribute.Name.LocalName, StringComparer.Ordinal);
            var fact = $"{place}/{element.Name.LocalName}({string.Join(' ', attributes)})";
            facts.Add(fact);
            var argument = 0;
            foreach (var child in element.Elements())
            {
                Collect(child, child.Name == "arg" ? $"{fact}#{argument++}" : fact);
            }
        }
    }
}
