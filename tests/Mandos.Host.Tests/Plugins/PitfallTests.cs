using System.Text.RegularExpressions;
using Mandos.Abstractions.Checking;
using Mandos.BadPlugins;
using Mandos.Host.Plugins;

namespace Mandos.Host.Tests.Plugins;

/// <summary>Each pitfall alone, between sound plugins.</summary>
public sealed class PitfallTests : IDisposable
{
    private readonly PluginFolder _folder = new();

    public static TheoryData<string> Names { get; } = [.. Pitfalls.All.Select(pitfall => pitfall.Name)];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Load_Pitfall_IsReportedAndHarmsNoOther(string name)
    {
        var pitfall = Pitfalls.All.Single(one => one.Name == name);
        Assert.SkipWhen(pitfall.NeedsRoot && !Environment.IsPrivilegedProcess, "only root can make this pitfall");
        PluginCompiler.CompilePlugin(_folder.InFolder("Able"), PluginFolder.CheckerSource("before"));
        PluginCompiler.CompilePlugin(_folder.Plain("Zeal"), PluginFolder.CheckerSource("after"));
        pitfall.Write(_folder.Root);

        var catalog = _folder.Load();

        var bad = catalog.Plugins.Last(plugin => plugin.Name == name);
        Assert.Equal(pitfall.State, bad.State.ToString());
        var pattern = Regex.Escape((pitfall.Reason ?? "").Replace("{}", _folder.Root, StringComparison.Ordinal));
        Assert.Matches($"^{pattern.Replace("\\*", ".*", StringComparison.Ordinal)}$", bad.Reason ?? "");
        Assert.All(catalog.Plugins.Where(plugin => plugin.Name is "Able" or "Zeal"), plugin => Assert.Null(plugin.Reason));
        Assert.Superset(new HashSet<string> { "before", "after" }, catalog.GetExports<IChecker>().Select(export => export.Name).ToHashSet());
        Assert.All(catalog.GetExports<IChecker>(), export => Assert.NotNull(export.Create()));
    }

    [Fact]
    public void Load_Fifo_DoesNotWaitForIt()
    {
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [_folder.InFolder("Pipe"), _folder.Plain("Plain")]);
        mkfifo.WaitForExit();

        Assert.All(_folder.Load().Plugins, plugin => Assert.Equal(
            (PluginState.Malfunctioned, "it is not a .NET assembly: it is no ordinary file"), (plugin.State, plugin.Reason)));
    }
}
