using System.Text;
using Mandos.Host.Configuration;

namespace Mandos.Host.Tests.Configuration;

public sealed class ConfigDocumentTests
{
    private readonly ProblemList _problems = new();

    private string[] Problems => [.. _problems.Problems.Select(problem => problem.ToString())];

    [Fact]
    public void AddText_ManyErrors_ReportsEachInOneLine()
    {
        using ConfigDocument document = Document("""
            stray = 1
            another = 2
            [a]
            nonsense
              more of it
            = nameless
            x = 1
            X: 2
              continued
            [b]
            [a]
            y = 1
            Y = 2
            """);

        Assert.Equal(
            [
                "f:1: comes before any section; a line such as [DEFAULT] must come first",
                "f:4: is neither [section] nor name = value; indent it if it continues the value above",
                "f:5: is neither [section] nor name = value; indent it if it continues the value above",
                "f:6: has no option name before the delimiter; write name = value",
                "f:8: option x is set twice in [a], first at f:7",
                "f:11: section [a] is defined twice, first at f:3",
                "f:13: option y is set twice in [a], first at f:12",
            ],
            Problems);
    }

    [Fact]
    public void AddText_ByteOrderMark_SaysSo()
    {
        ProblemList warnings = new();
        using ConfigDocument document = new(_problems, warnings: warnings);
        document.AddText("f", "\ufeff[a]\nx = 1\n"u8);
        Assert.Equal("f:1: the file starts with a byte order mark; write it without one", Assert.Single(warnings.Problems).ToString());
        Assert.Equal("a", Assert.Single(document.Sections).Name);
        Assert.Empty(Problems);
    }

    [Fact]
    public void AddText_InvalidUtf8_NamesTheLines()
    {
        ProblemList warnings = new();
        using ConfigDocument document = new(_problems, warnings: warnings);
        document.AddText("f", [.. "[a]\nx = "u8, 0xE9, .. "\r\ny = 1\r# "u8, 0xFF]);
        Assert.Equal(["f:2: is not valid UTF-8; write the file in UTF-8"], Problems);
        Assert.Equal("f:4: is not valid UTF-8; write the file in UTF-8", Assert.Single(warnings.Problems).ToString());
    }

    [Fact]
    public void AddText_BinaryFile_ReportsOnlySoMuch()
    {
        using ConfigDocument document = Document("[a]\n" + string.Concat(Enumerable.Repeat("\0\n", 5000)));
        Assert.Equal(FileLimits.Problems + 1, Problems.Length);
        Assert.Contains("more problems", Problems[^1]);
    }

    [Fact]
    public void AddText_LineOfASecretNotIndented_IsNotShown()
    {
        const string Line = "3i7DivfWl2mKLV0PyPHUNva0VQxX6yYjcOhj1R6fCr/at8/NSLe2OhLchz";
        using ConfigDocument document = Document($"[a]\nsecret =\n{Line}\n{Line}=\n{Line}=\n");
        Assert.Equal(2, Problems.Length);
        Assert.DoesNotContain(Problems, problem => problem.Contains(Line[..8], StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void AddText_SeveralFiles_AreOneTextWithPlacesOfTheirOwn()
    {
        using ConfigDocument document = new(_problems);
        document.AddText("f", "[DEFAULT]\nx = 1\n[a]\ny = 2"u8);
        document.AddText("g", "\n[b]\nz = %(x)s\n[a]\n[DEFAULT]\nx = 3\n"u8);

        Assert.Equal(
            ["g:4: section [a] is defined twice, first at f:3", "g:6: option x is set twice in [DEFAULT], first at f:2"],
            Problems);
        Assert.Equal("1", Read(document, document.Sections[1], "z"));
        Assert.Equal("g:3", document.Place(document.OptionsOf(document.Sections[1])[0].Line));
    }

    [Fact]
    public void AddText_BuiltInDefault_MayBeSetOnce()
    {
        using ConfigDocument document = new(_problems, "[DEFAULT]\nx = 1\ny = 2\n");
        document.AddText("f", "[DEFAULT]\nx = 3\n  4\nX = 5\n[a]\nz = %(x)s%(y)s"u8);

        Assert.Equal(["f:4: option x is set twice in [DEFAULT], first at f:2"], Problems);
        Assert.Equal("3\n42", Read(document, document.Sections[0], "z"));
    }

    [Theory]
    [InlineData("x = a\n  b\n\n  c\n\n\n[b]", "a\nb\n\nc")]
    [InlineData("x =\n  a\n # comment\n  ; comment\n  b", "\na\nb")]
    [InlineData("x = a ; no comment", "a ; no comment")]
    [InlineData("x : a = b", "a = b")]
    [InlineData("X\t=\u3000a\u00a0", "a")]
    [InlineData("x = a\r\n  b\r  c", "a\nb\nc")]
    [InlineData("x = a\u2028b\u0085c\fd", "a\u2028b\u0085c\fd")]
    [InlineData("x = 50%%", "50%")]
    [InlineData("x = %(Y)s\ny = %(z)s%%\nz = 1", "1%")]
    [InlineData("x =", "")]
    public void TryRead_Value_IsAsPythonReadsIt(string text, string expected)
    {
        using ConfigDocument document = Document("[a]\n" + text);
        Assert.Equal(expected, Read(document, document.Sections[0], "x"));
        Assert.Empty(Problems);
    }

    [Theory]
    [InlineData("x = 50%", "f:2: option x has a % that starts neither %(name)s nor %%; write %% for a percent sign")]
    [InlineData("x = %(y)s", "f:2: option x refers to %(y)s, which neither [a] nor [DEFAULT] sets")]
    [InlineData("x = %(x)s", "f:2: option x refers to itself, or to options more than 10 deep")]
    public void TryRead_BadReference_SaysWhat(string text, string expected)
    {
        using ConfigDocument document = Document("[a]\n" + text);
        Assert.Null(Read(document, document.Sections[0], "x"));
        Assert.Equal([expected], Problems);
    }

    [Theory]
    [InlineData(10, "end%")]
    [InlineData(11, null)]
    public void TryRead_Chain_MayBeTenDeep(int options, string? expected)
    {
        // The last one counts too, because of its percent sign
        string chain = string.Concat(Enumerable.Range(1, options - 1).Select(i => $"x{i} = %(x{i + 1})s\n"));
        using ConfigDocument document = Document($"[a]\n{chain}x{options} = end%%\n");
        Assert.Equal(expected, Read(document, document.Sections[0], "x1"));
    }

    [Theory]
    [InlineData("y")]
    [InlineData("")]
    public void TryRead_ReferencesThatMultiply_AreStopped(string end)
    {
        string manifold = string.Concat(Enumerable.Range(1, 9).Select(i =>
            $"x{i} = {string.Concat(Enumerable.Repeat($"%(x{i + 1})s", 30))}\n"));
        using ConfigDocument document = Document($"[a]\n{manifold}x10 = {end}\n");
        Assert.Null(Read(document, document.Sections[0], "x1"));
        Assert.Contains("too large", Assert.Single(Problems));
    }

    [Fact]
    public void AddFile_Missing_IsEmpty()
    {
        using ConfigDocument document = new(_problems);
        document.AddFile("/nonexistent/mandos.conf");
        Assert.Empty(Problems);
    }

    [Fact]
    public void AddFile_Directory_IsAProblem()
    {
        using ConfigDocument document = new(_problems);
        document.AddFile("/etc");
        Assert.Equal(["/etc: cannot be read: it is a directory"], Problems);
    }

    private ConfigDocument Document(string text)
    {
        ConfigDocument document = new(_problems);
        document.AddText("f", Encoding.UTF8.GetBytes(text));
        return document;
    }

    private static string? Read(ConfigDocument document, ConfigSection section, string name)
    {
        foreach (ConfigOption option in document.OptionsOf(section))
        {
            if (option.Name.Text == name)
            {
                return document.TryRead(section, option, out ReadOnlySpan<byte> value) ? Encoding.UTF8.GetString(value) : null;
            }
        }

        throw new ArgumentException($"no option {name}");
    }
}
