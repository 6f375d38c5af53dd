using Mandos.TestKit;

namespace Mandos.Architecture.Tests;

/// <summary>The solution has all projects of the tree, and nothing else.</summary>
public sealed class SolutionTests
{
    [Fact]
    public async Task Solution_OfTheRepository_IsWhatTheBuildWrites()
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("Mandos.sln", "");

        await Command.RequireAsync(Path.Combine(Repository.Root, "build"), "--solution", file);

        Assert.Equal(
            await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken),
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Mandos.sln"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Solution_OfTheRepository_HasEveryProductProject()
    {
        string solution = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "Mandos.sln"), TestContext.Current.CancellationToken);

        Assert.All(Sources.ProductProjects, project => Assert.Contains(
            $"\"{Path.GetRelativePath(Repository.Root, project).Replace('/', '\\')}\"", solution, StringComparison.Ordinal));
    }
}
