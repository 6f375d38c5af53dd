using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Tests.Plugins;

public sealed class PluginListingTests
{
    private static readonly PluginDescription[] _plugins =
    [
        new()
        {
            Name = "CheckerSsh",
            File = "/p/CheckerSsh/CheckerSsh.dll",
            Version = "1.2.3",
            Contract = new(1, 0),
            State = PluginState.Active,
            Exports =
            [
                new(PluginKind.All[2], "ssh", "Ssh") { Options = ["ssh_port"] },
                new(PluginKind.ControlSurface, "keys", "Keys") { Settings = ["file", "größe"] },
            ],
        },
        new() { Name = "Odd\e", File = "/p/Odd\e.dll", State = PluginState.Malfunctioned, Reason = "it is not a .NET assembly: \"x\"" },
    ];

    [Fact]
    public void Write_Plugins_GivesATableWithTheReasonsBelow()
    {
        using StringWriter text = new();
        PluginListing.Write(_plugins, "/p", text);

        Assert.Equal(
            """
            Name        Version  Contract  State          Exports
            CheckerSsh  1.2.3    1.0       Active         checker ssh, control surface keys
            Odd\x1b     -        -         Malfunctioned
                it is not a .NET assembly: "x" (/p/Odd\x1b.dll)

            """,
            text.ToString());
    }

    [Fact]
    public void Write_NoPlugins_SaysWhereNoneAre()
    {
        using StringWriter text = new();
        PluginListing.Write([], "/p", text);
        Assert.Equal("There are no plugins in /p.\n", text.ToString());
    }

    [Fact]
    public void WriteJson_Plugins_GivesAllThatIsKnown()
    {
        using StringWriter text = new();
        PluginListing.WriteJson(_plugins, text);

        var expected = JsonNode.Parse("""
            [
              {
                "name": "CheckerSsh", "version": "1.2.3", "contract": "1.0", "state": "Active", "reason": null,
                "file": "/p/CheckerSsh/CheckerSsh.dll",
                "exports": [
                  { "kind": "checker", "name": "ssh", "settings": [], "options": ["ssh_port"] },
                  { "kind": "control surface", "name": "keys", "settings": ["file", "größe"], "options": [] }
                ]
              },
              {
                "name": "Odd\u001b", "version": null, "contract": null, "state": "Malfunctioned",
                "reason": "it is not a .NET assembly: \"x\"", "file": "/p/Odd\u001b.dll", "exports": []
              }
            ]
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(text.ToString())), text.ToString());
        Assert.EndsWith("]\n", text.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text.ToString());
    }

    [Fact]
    public void WriteJson_NoPlugins_IsAnEmptyArray()
    {
        using StringWriter text = new();
        PluginListing.WriteJson([], text);
        Assert.Equal(0, JsonDocument.Parse(text.ToString()).RootElement.GetArrayLength());
    }
}
