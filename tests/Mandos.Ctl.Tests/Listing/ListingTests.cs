using Mandos.Ctl.Listing;
using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Tests.Listing;

/// <summary>The texts are what Debian's mandos-ctl prints.</summary>
public sealed class ListingTests
{
    [Fact]
    public void Write_Table_IsPaddedAlsoAtTheEnd()
    {
        using var output = new StringWriter();
        TableText.Write(
            output,
            [
                new Client("/clients/zoo") { Name = "zoo", Enabled = true, Timeout = 300_000 },
                new Client("/clients/a") { Name = "a€😀", Timeout = 34_563_600_000, LastCheckedOk = "2026-11-24T08:02:46.249553" },
            ],
            [.. ClientColumn.Few.Select(column => (column.Title, (Func<Client, string>)column.Text))]);

        Assert.Equal(
            "Name Enabled Timeout      Last Successful Check     \n"
            + "zoo  Yes     00:05:00                               \n"
            + "a€😀  No      400T01:00:00 2026-11-24T08:02:46.249553\n",
            output.ToString());
    }

    [Fact]
    public void Write_TableOfHostileTexts_CannotChangeTheTerminal()
    {
        using var output = new StringWriter();
        TableText.Write(output, ["a\x1b[2Jb", "\u202e\n"], [("Text", text => text), ("x", _ => "\u009b")]);

        Assert.Equal("Text   x\na\ufffd[2Jb \ufffd\n\ufffd\ufffd     \ufffd\n", output.ToString());
    }

    [Fact]
    public void Write_Json_IsAsciiAndIndentedByFour()
    {
        using var output = new StringWriter();
        ClientJson.Write(output, [new Client("/clients/a") { Name = "a", Checker = "\"\t\\ü😀\u0001~\u007f" }]);

        Assert.StartsWith("{\n    \"a\": {\n        \"Name\": \"a\",\n        \"Enabled\": false,\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"Checker\": \"\\\"\\t\\\\\\u00fc\\ud83d\\ude00\\u0001~\\u007f\",\n", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("        \"LastCheckerStatus\": 0\n    }\n}\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_SettingThatDebiansServerDoesNotHave_ComesLastInTableAndJson()
    {
        Client[] clients =
        [
            new Client("/clients/a") { Name = "a" }.With("Location", "räck 3"),
            new Client("/clients/b") { Name = "b" },
        ];
        using var json = new StringWriter();
        ClientJson.Write(json, clients);
        ClientColumn column = ClientColumn.Of(clients)[^1];

        Assert.Contains("        \"LastCheckerStatus\": 0,\n        \"Location\": \"r\\u00e4ck 3\"\n    },\n", json.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("        \"Location\": \"\"\n    }\n}\n", json.ToString(), StringComparison.Ordinal);
        Assert.Equal(("Location", "räck 3", ""), (column.Title, column.Text(clients[0]), column.Text(clients[1])));
    }

    [Fact]
    public void Notes_Settings_AreThoseThatDifferFromTheDefault() => Assert.Equal(
        ["räck 3", "when cut off: serve"],
        new Client("/clients/a").With("Location", "räck 3").With("WhenCutOff", "serve").Notes
            .Concat(new Client("/clients/b").With("Location", "").With("WhenCutOff", "refuse").Notes));

    [Fact]
    public void Of_ClientsWithoutIt_AreDebiansColumns()
        => Assert.Equal(ClientColumn.All, ClientColumn.Of([new Client("/clients/a"), new Client("/clients/b").With("Location", "")]));

    [Fact]
    public void Write_NoClient_IsAnEmptyObject()
    {
        using var output = new StringWriter();
        ClientJson.Write(output, []);
        Assert.Equal("{}\n", output.ToString());
    }
}
