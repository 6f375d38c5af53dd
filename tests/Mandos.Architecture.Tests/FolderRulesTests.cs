namespace Mandos.Architecture.Tests;

/// <summary>The rules find what they are there to find.</summary>
public sealed class FolderRulesTests
{
    [Fact]
    public void FindCircles_ThreeFoldersInACircle_NamesTheTypesOfEachArrow()
    {
        IReadOnlyList<Arrow> arrows = Read(
            ("A/One.cs", "namespace A; class One { object Make() => new B.Two(); }"),
            ("B/Two.cs", "namespace B; class Two { System.Collections.Generic.List<C.Three> all; }"),
            ("C/Three.cs", "namespace C; class Three { const int Size = A.Four.Size; }"),
            ("A/Four.cs", "namespace A; class Four { public const int Size = 4; }"),
            ("Above/Five.cs", "namespace Above; class Five : A.One { }"));

        Assert.Equal(["A -> B: One uses Two", "B -> C: Two uses Three", "C -> A: Three uses Four"], FolderRules.FindCircles(arrows));
    }

    [Fact]
    public void FindCircles_NoCircle_FindsNothing() => Assert.Empty(FolderRules.FindCircles(Read(
        ("One.cs", "class One { B.Two two; C.Three three; }"),
        ("B/Two.cs", "namespace B; class Two { C.Three three; }"),
        ("C/Three.cs", "namespace C; class Three { Three next; }"))));

    /// <summary>An inferred type, an extension's type and a member's type make arrows as any other.</summary>
    [Theory]
    [InlineData("var two = Source.Make(); int size = two.Size;")]
    [InlineData("\"\".Extend();")]
    [InlineData("Source.Take(new());")]
    [InlineData("string name = nameof(B.Two);")]
    [InlineData("_ = Source.Take(null) is { Size: 2 };")]
    public void FindArrows_WithoutTheNameOfTheFolder_FindsIt(string code) => Assert.Contains(
        Read(
            ("A/One.cs", $"using B; namespace A; class One {{ void Run() {{ {code} }} }} class Source {{ public static Two Make() => null; public static Two Take(Two two) => two; }}"),
            ("B/Two.cs", "namespace B; class Two { public int Size; } static class More { public static void Extend(this string text) { } }")),
        arrow => arrow is { From: "A", To: "B", User: "One" });

    [Fact]
    public void FindArrows_UnknownName_Throws()
    {
        var e = Assert.Throws<InvalidOperationException>(() => Read(("A/One.cs", "namespace A;\nclass One : Unknown { }")));
        Assert.Equal("A/One.cs(2): what is “Unknown”?", e.Message);
    }

    [Fact]
    public void FindWrongWays_UpwardsOrUnplaced_NamesThem()
    {
        IReadOnlyList<Arrow> arrows = Read(
            ("Low/One.cs", "namespace Low; class One { High.Two two; }"),
            ("High/Two.cs", "namespace High; class Two { New.Three three; }"),
            ("New/Three.cs", "namespace New; class Three { Low.One one; }"),
            ("Top/Four.cs", "namespace Top; class Four { Low.One one; }"));

        Assert.Equal(
            ["High -> New: Two uses Three", "Low -> High: One uses Two", "New -> Low: Three uses One"],
            FolderRules.FindWrongWays(arrows, ["Low", "High", "Top"]));
    }

    private static IReadOnlyList<Arrow> Read(params (string Path, string Text)[] files) => new SourceProject(files, "Sample").FindArrows();
}
