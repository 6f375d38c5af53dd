using System.Text.RegularExpressions;

namespace Mandos.Architecture.Tests;

/// <summary>What a class can log stands in one file beside it.</summary>
public sealed partial class LogTests
{
    [Fact]
    public void LogMethods_OfTheProduct_AreInTheLogFileOfTheirClass()
        => Assert.Empty(FindInline(ProductFiles.Select(file => (file, File.ReadAllText(file)))));

    [Fact]
    public void LogFiles_OfTheProduct_AreBesideTheirClass() => Assert.All(
        ProductFiles.Where(file => file.EndsWith(".Log.cs", StringComparison.Ordinal)),
        file => Assert.True(File.Exists(file.Replace(".Log.cs", ".cs", StringComparison.Ordinal)), file));

    [Fact]
    public void EventIds_OfTheProduct_MeanOneMessageEach() => Assert.Empty(
        ProductFiles.SelectMany(file => EventIdPattern().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .GroupBy(id => id).Where(group => group.Count() > 1).Select(group => group.Key));

    [Fact]
    public void FindInline_LogMethodInTheClass_FindsItsFile() => Assert.Equal(
        ["a/Foo.cs"],
        FindInline([("a/Foo.cs", "[LoggerMessage(1, LogLevel.Error, \"no\")]"), ("a/Foo.Log.cs", "[LoggerMessage(2, LogLevel.Error, \"no\")]"), ("a/Bar.cs", "")]));

    private static IEnumerable<string> ProductFiles => Sources.ProductProjects.SelectMany(project => Sources.In(Path.GetDirectoryName(project)!));

    private static IEnumerable<string> FindInline(IEnumerable<(string Path, string Text)> files) => files
        .Where(file => file.Text.Contains("[LoggerMessage(", StringComparison.Ordinal) && !file.Path.EndsWith(".Log.cs", StringComparison.Ordinal))
        .Select(file => file.Path);

    [GeneratedRegex(@"\[LoggerMessage\((?:EventId = )?(\d+)")]
    private static partial Regex EventIdPattern();
}
