using System.Text;
using System.Text.Json.Nodes;

namespace Mandos.TestKit.Daemons;

/// <summary>What a web server was asked.</summary>
public sealed record WebRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string Text => Encoding.UTF8.GetString(Body);
}
