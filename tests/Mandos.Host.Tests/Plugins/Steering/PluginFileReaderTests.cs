using System.Text;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Steering;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Plugins.Steering;

public sealed class PluginFileReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string File => _directory.PathOf("plugins.yaml");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_NoFile_SaysNothing()
    {
        PluginFileResult result = PluginFileReader.Read(_directory.PathOf("none"));

        Assert.Empty(result.Problems);
        Assert.Empty(result.Options.Choices);
        Assert.Empty(result.Options.Plugins);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n...\n")]
    [InlineData("plugins:\n")]
    [InlineData("\uFEFF---\nplugins: {}\n")]
    [InlineData("plugins: ~\n")]
    public void Read_NothingSaid_SaysNothing(string text)
    {
        PluginOptions options = ReadGood(text);

        Assert.Empty(options.Choices);
        Assert.Empty(options.Plugins);
    }

    [Fact]
    public void Read_All_GivesItWithItsLines()
    {
        PluginOptions options = ReadGood("""
            # which of several
            tls: bouncy
            store: "sqlite"
            plugins:
              CheckerSsh:
                enabled: false
              ApprovalsJson:
                enabled: True
                settings:
                  file: /var/lib/mandos/approvals.jsonl
                  level: 3
                  quiet: yes
                  nothing: ""
                  text: >-
                    two
                    lines
              Plain:
              Flow: {enabled: off, settings: {a: b}}
            """);

        Assert.Equal(
            [("tls", new PlacedText("bouncy", 2)), ("store", new PlacedText("sqlite", 3))],
            options.Choices.Select(choice => (choice.Key.ChoiceKey, choice.Value)));
        Assert.Equal([("CheckerSsh", 5, 6), ("ApprovalsJson", 7, null), ("Plain", 17, null), ("Flow", 18, (int?)18)],
            options.Plugins.Select(plugin => (plugin.Key, plugin.Value.Line, plugin.Value.DisabledAt)));
        Assert.Equal(
            [
                ("file", new PlacedText("/var/lib/mandos/approvals.jsonl", 10)), ("level", new("3", 11)), ("quiet", new("yes", 12)),
                ("nothing", new("", 13)), ("text", new("two lines", 14)),
            ],
            options.Plugins["ApprovalsJson"].Settings.Select(setting => (setting.Key, setting.Value)));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "b" }, options.SettingsOf("Flow"));
        Assert.Empty(options.SettingsOf("Plain"));
        Assert.Empty(options.SettingsOf("Unnamed"));
    }

    [Theory]
    [InlineData("tlss: bouncy", 1, "tlss is unknown at the top; there can be tls, store, plugins")]
    [InlineData("tls:", 1, "tls has to be the name of a TLS back end, not nothing")]
    [InlineData("tls: ''", 1, "tls has to be the name of a TLS back end, not nothing")]
    [InlineData("\nstore: [a, b]", 2, "store has to be the name of a state store, not a list")]
    [InlineData("tls: a\ntls: b", 2, "tls is there twice, first in line 1")]
    [InlineData("- tls", 1, "the file has to be a mapping with “tls”, “store” and “plugins”, not a list")]
    [InlineData("tls bouncy", 1, "the file has to be a mapping with “tls”, “store” and “plugins”, not a text")]
    [InlineData("plugins: [A, B]", 1, "plugins has to be a mapping with the plugins' names, each with a colon, not a list")]
    [InlineData("plugins: A", 1, "plugins has to be a mapping with the plugins' names, each with a colon, not a text")]
    [InlineData("plugins:\n  A: off", 2, "plugin A has to be a mapping with “enabled” and “settings”, not a text")]
    [InlineData("plugins:\n  A:\n    enable: false", 3, "enable is unknown for a plugin; there can be enabled, settings")]
    [InlineData("plugins:\n  A:\n    enabled: never", 3, "enabled: \"never\" is no boolean; use 1, yes, true, on, 0, no, false or off")]
    [InlineData("plugins:\n  A:\n    enabled:", 3, "enabled has to be True or False, not nothing")]
    [InlineData("plugins:\n  A:\n    enabled: {}", 3, "enabled has to be True or False, not a mapping")]
    [InlineData("plugins:\n  A:\n  B:\n  A:", 4, "A is there twice, first in line 2")]
    [InlineData("plugins:\n  A:\n    settings: x", 3, "settings has to be a mapping with the settings' names, each with its value, not a text")]
    [InlineData("plugins:\n  A:\n    settings:\n      x:", 4, "x has to be a text or a number, not nothing; an empty one is written \"\"")]
    [InlineData("plugins:\n  A:\n    settings:\n      x:\n        - 1\n        -", 6, "x.2 has to be a text or a number, not nothing; an empty one is written \"\"")]
    [InlineData("plugins:\n  A:\n    settings:\n      x: {y: ~}", 4, "x.y has to be a text or a number, not nothing; an empty one is written \"\"")]
    [InlineData("plugins:\n  A:\n    settings:\n      x: {y: 1, y: 2}", 4, "y is there twice, first in line 4")]
    [InlineData("plugins:\n  A:\n    settings:\n      x: {y: 1}\n      x.y: 2", 5, "x.y is there twice, first in line 4")]
    [InlineData("plugins:\n  A:\n    settings:\n      x: 1\n      x: 2", 5, "x is there twice, first in line 4")]
    [InlineData("plugins:\n  ? [A]\n  : x", 2, "has a list where a name has to be")]
    [InlineData("plugins:\n  A: &a\n    enabled: true", 2, "has an anchor (&), which is not allowed; leave it out")]
    [InlineData("tls: a\nstore: *b", 2, "has an alias (*), which is not allowed; write out what it stands for")]
    [InlineData("tls: !x a", 1, "has a tag (!), which is not allowed; leave it out")]
    [InlineData("tls: a\n---\ntls: b", 2, "starts a second document; the file has to be one")]
    [InlineData("tls: a\nplugins:\n A: {", 4, "is not valid YAML: ", true)]
    [InlineData("tls: a\n\tstore: b", 2, "is indented with a tab, which YAML does not allow; use spaces")]
    [InlineData("plugins:\n  A:\n \t  enabled: true", 3, "is indented with a tab, which YAML does not allow; use spaces")]
    [InlineData("tls: 'a", 1, "is not valid YAML: ", true)]
    public void Read_Fault_IsSaidWithItsLine(string text, int line, string message, bool isStart = false)
    {
        var problem = Assert.Single(Read(text).Problems);

        Assert.Equal((File, line), (problem.File, problem.Line));
        Assert.Equal(message, isStart ? problem.Message[..message.Length] : problem.Message);
    }

    [Fact]
    public void Read_SettingsInMappingsAndLists_AreFlat()
    {
        PluginOptions options = ReadGood("""
            plugins:
              Notify:
                settings:
                  link: x
                  mail:
                    admin:
                      host: localhost
                      to:
                        - a@example.org
                        - b@example.org
                    other: {to: [c, [d]]}
                  none: {}
                  nobody: []
            """);

        Assert.Equal(
            [
                ("link", new PlacedText("x", 4)), ("mail.admin.host", new("localhost", 7)), ("mail.admin.to.1", new("a@example.org", 9)),
                ("mail.admin.to.2", new("b@example.org", 10)), ("mail.other.to.1", new("c", 11)), ("mail.other.to.2.1", new("d", 11)),
            ],
            options.Plugins["Notify"].Settings.Select(setting => (setting.Key, setting.Value)));
    }

    [Fact]
    public void LineOf_SettingThatIsMissing_IsThatOfTheMapping()
    {
        PluginEntry entry = ReadGood("plugins:\n  A:\n    settings:\n      x:\n        y:\n          a: 1\n          b: 1\n").Plugins["A"];

        Assert.Equal([7, 6, 2, 2], new[] { "x.y.b", "x.y.c", "x.z.c", "z" }.Select(entry.LineOf));
    }

    [Fact]
    public void Read_SeveralFaults_GivesAll() => Assert.Equal(
        [1, 3, 4, 6, 7],
        Read("tls: []\nplugins:\n  A: 1\n  B: [1, [2]]\n  C:\n    enabled: x\n    color: {red: [1, 2]}\n    settings: {a: 1}\n")
            .Problems.Select(problem => problem.Line));

    [Fact]
    public void Read_TooDeep_EndsThere() => Assert.Equal(
        $"{File}:2: is not valid YAML: collections are nested too deep for this file",
        Read("tls:\n  [[[[[[[[]]]]]]]]").Problems[^1].ToString());

    [Fact]
    public void Read_OpenBracket_EndsThere() => Assert.Equal(
        $"{File}:2: is not valid YAML: something is not closed here, or wrong below",
        Read("tls: a\nstore: [b\nplugins:").Problems[^1].ToString());

    [Fact]
    public void Read_NotUtf8_SaysWhere()
    {
        System.IO.File.WriteAllBytes(File, [.. "tls: a\n# "u8, 0xFF, .. "\n"u8]);

        Assert.Equal(
            [$"{File}:2: is not valid UTF-8; write the file in UTF-8"],
            PluginFileReader.Read(_directory.FullName).Problems.Select(problem => problem.ToString()));
    }

    [Fact]
    public void Read_LargeFile_IsRefused()
    {
        var result = Read(new string('#', FileLimits.PluginsBytes + 1));

        Assert.Equal($"{File}: is larger than 1024 KiB, the most allowed", Assert.Single(result.Problems).ToString());
        Assert.Empty(Read(new string('#', FileLimits.PluginsBytes)).Problems);
    }

    [Fact]
    public void Read_Directory_CannotBeRead()
    {
        Directory.CreateDirectory(File);
        PluginFileResult result = PluginFileReader.Read(_directory.FullName);

        Assert.Equal($"{File}: cannot be read: it is a directory", Assert.Single(result.Problems).ToString());
        Assert.False(result.IsForbidden);
    }

    /// <summary>What would take a careless reader's memory or time: a bomb of aliases, and depth.</summary>
    [Theory]
    [InlineData("a: &a [x, x, x, x]\n", "b{0}: &b{0} [*b{1}, *b{1}, *b{1}, *b{1}, *b{1}, *b{1}, *b{1}, *b{1}]\n")]
    [InlineData("plugins: ", "[[[[[[[[[[[[[[[[")]
    [InlineData("plugins: ", "{{a: {{a: {{a: ")]
    [InlineData("? ", "? ? ? ? ? ? ? ? ")]
    [InlineData("- ", "- - - - - - - - ")]
    public void Read_HostileText_EndsWithProblems(string start, string repeated)
    {
        var text = new StringBuilder(start);
        for (int i = 0; text.Length < FileLimits.PluginsBytes - 100; i++)
        {
            text.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, repeated, i, i - 1);
        }

        Assert.NotEmpty(Read(text.ToString()).Problems);
    }

    /// <summary>Random pieces of YAML give a result or problems, and nothing else.</summary>
    [Fact]
    public void Read_AnyText_DoesNotThrow()
    {
        string[] pieces =
        [
            "plugins:", "A:", "enabled: false", "settings:", "\n", "\n  ", "\n    ", " ", ": ", "- ", "? ", "[", "]", "{", "}", ",", "*a", "&a ",
            "!t ", "|", ">", "\"", "'", "#", "%YAML 1.2", "---", "...", "\t", "\0", "\u2028", "\u0085", "\uFEFF", "~", "a", "é", "<<: ", "\\x", "%",
        ];
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(random.GetItems(pieces, random.Next(20)));
            try
            {
                new PluginFileParser(PluginOptions.Default, text).Parse();
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {text}: {e}");
            }
        }
    }

    [Theory]
    [InlineData("plugins:\n  A:\n    settings:\n      password: [hunter2, ~]")]
    [InlineData("plugins:\n  A:\n    settings:\n      password: 'hunter2\n")]
    [InlineData("plugins:\n  A:\n    settings:\n      password: hunter2\n      password: hunter2")]
    [InlineData("plugins:\n  A:\n    settings:\n      password: \"\\hunter2\"")]
    [InlineData("plugins:\n  A:\n    settings: hunter2")]
    [InlineData("plugins:\n  A:\n    settings:\n      password: *hunter2")]
    [InlineData("plugins:\n  A:\n    settings:\n      password: !hunter2 x")]
    [InlineData("plugins:\n  A:\n    settings:\n      password: &hunter2 x")]
    public void Read_FaultBesideSetting_DoesNotShowItsValue(string text)
    {
        PluginFileResult result = Read(text);

        Assert.NotEmpty(result.Problems);
        Assert.DoesNotContain("hunter2", string.Join('\n', result.Problems) + result + result.Options, StringComparison.Ordinal);
    }

    private PluginOptions ReadGood(string text)
    {
        PluginFileResult result = Read(text);
        Assert.Empty(result.Problems);
        Assert.Equal(File, result.Options.File);
        return result.Options;
    }

    private PluginFileResult Read(string text)
    {
        _directory.Write("plugins.yaml", text);
        return PluginFileReader.Read(_directory.FullName);
    }
}
