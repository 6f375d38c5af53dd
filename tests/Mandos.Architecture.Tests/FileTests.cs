using Mandos.TestKit;

namespace Mandos.Architecture.Tests;

/// <summary>A file is short enough to be read at a sitting.</summary>
public sealed class FileTests
{
    private const int MaxLines = 500;

    [Fact]
    public void Files_OfTheRepository_HaveAtMost500Lines() => Assert.Empty(
        FindLong(Sources.In(Repository.Root), MaxLines).Select(file => Path.GetRelativePath(Repository.Root, file)));

    [Fact]
    public void FindLong_ThisFile_CountsItsLines()
    {
        string file = Path.Combine(Repository.Root, "tests/Mandos.Architecture.Tests/FileTests.cs");
        int lines = File.ReadAllLines(file).Length;

        Assert.Empty(FindLong([file], lines));
        Assert.Equal([file], FindLong([file], lines - 1));
    }

    private static IEnumerable<string> FindLong(IEnumerable<string> files, int most) => files.Where(file => File.ReadLines(file).Count() > most);
}
