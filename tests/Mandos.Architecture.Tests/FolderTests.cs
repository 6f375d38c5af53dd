using Mandos.TestKit;

namespace Mandos.Architecture.Tests;

/// <summary>Folders use one another in layers, without circles: docs/architecture.md.</summary>
public sealed class FolderTests
{
    private static readonly Lazy<Dictionary<string, IReadOnlyList<Arrow>>> _arrows = new(() => Sources.ProductProjects
        .AsParallel().ToDictionary(file => Path.GetFileNameWithoutExtension(file), file => SourceProject.Read(file).FindArrows()));

    /// <summary>The folders of the large projects, of which each uses only those before it.</summary>
    private static readonly Dictionary<string, string[]> _layers = new()
    {
        ["Mandos.Engine"] =
        [
            "Metrics", "Scheduling", "Outcomes", "Auditing", "Clients", "Control", "Persistence", "Transitions", "Checking", "Approval", "Reloading",
            "Invitations", "Commands", "Protocol", "Sharing", ".",
        ],
        ["Mandos.Host"] =
        [
            "Unix", "Systemd", "Privileges", "Listening", "Logging", "Configuration", "Invitations",
            "Plugins/Discovery", "Plugins/Isolation", "Plugins/Steering", "Plugins/Trust", "Plugins", "Plugins/Instances", "Plugins/Checkers",
            "CommandLine", "Daemon", "Auditing", "Migration", "SelfTesting", "Probing", "Server", "Transfer", ".",
        ],
    };

    public static TheoryData<string> Projects => [.. Sources.ProductProjects.Select(file => Path.GetFileNameWithoutExtension(file)!)];

    public static TheoryData<string> LayeredProjects => [.. _layers.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_OfAProject_UseOneAnotherWithoutCircles(string project)
        => AssertNone(FolderRules.FindCircles(_arrows.Value[project]));

    [Theory]
    [MemberData(nameof(LayeredProjects))]
    public void Folders_OfALayeredProject_UseThoseBelowThem(string project)
        => AssertNone(FolderRules.FindWrongWays(_arrows.Value[project], _layers[project]));

    /// <summary>A new folder gets its place among the others.</summary>
    [Theory]
    [MemberData(nameof(LayeredProjects))]
    public void Layers_OfAProject_AreItsFolders(string project)
    {
        string root = Path.Combine(Repository.Root, project);
        Assert.Equal(
            Sources.In(root).Select(file => Path.GetRelativePath(root, Path.GetDirectoryName(file)!)).Distinct().Order(StringComparer.Ordinal),
            _layers[project].Order(StringComparer.Ordinal));
    }

    private static void AssertNone(IReadOnlyList<string> faults) => Assert.True(faults.Count == 0, string.Join('\n', faults));
}
