using Mandos.Abstractions.Checking;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Isolation;

namespace Mandos.Host.Tests.Plugins.Instances;

public sealed class PluginInstancesTests : IDisposable
{
    private readonly PluginFolder _folder = new();
    private readonly WaitClock _time = new();
    private readonly LogLines _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DisposeAll_FaultyDisposals_DisposesEachOnceInReverseOrder()
    {
        var file = Path.Combine(_folder.Root, "order.txt");
        string Note(string name) => $"System.IO.File.AppendAllText(\"{file}\", \"{name} \");";
        Sources.Compile(_folder, "A", $"public void Dispose() {{ {Note("A")} }}", "IChecker, IDisposable");
        Sources.Compile(_folder, "B", $"public void Dispose() {{ {Note("B")} throw new Exception(\"bad\"); }}", "IChecker, IDisposable");
        Sources.Compile(
            _folder, "C", $"public async ValueTask DisposeAsync() {{ await Task.Yield(); {Note("C")} }} public void Dispose() {{ {Note("wrong")} }}",
            "IChecker, IAsyncDisposable, IDisposable");
        Sources.Compile(_folder, "D", "");
        Sources.Compile(_folder, "E", $"public void Dispose() {{ {Note("E")} Thread.Sleep(-1); }}", "IChecker, IDisposable");
        var catalog = Load();
        var instances = new PluginInstances(_time, _log);
        Assert.Equal(5, instances.CreateAll(catalog.GetExports<IChecker>()).Count);

        var disposal = instances.DisposeAllAsync(CancellationToken.None);
        await _time.PassAsync(PluginLimits.Disposal, () => File.Exists(file));
        await disposal;
        await instances.DisposeAllAsync(CancellationToken.None);

        Assert.Equal("E C B A ", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(
            [
                "Error: While stopping, plugin E could not dispose its checker “E”: it has not ended within 10 s",
                "Error: While stopping, plugin B could not dispose its checker “B”: bad",
            ],
            _log.Lines);
        Assert.Equal(["A", "C", "D"], catalog.Plugins.Where(plugin => plugin.State == PluginState.Active).Select(plugin => plugin.Name));
    }

    [Fact]
    public async Task DisposeAll_ManyHang_EndsWithinALimit()
    {
        foreach (var name in "ABCDE")
        {
            Sources.Compile(_folder, $"{name}", "public void Dispose() => Thread.Sleep(-1);", "IChecker, IDisposable");
        }

        var instances = new PluginInstances(_time, _log);
        instances.CreateAll(Load().GetExports<IChecker>());
        var start = _time.GetTimestamp();

        var disposal = instances.DisposeAllAsync(CancellationToken.None);
        await _time.PassAsync(PluginLimits.Disposal);
        await WaitClock.UntilAsync(() => _log.Lines.Count == 1);
        await _time.PassAsync(PluginLimits.Disposal);
        for (var i = 2; i < 5; i++)
        {
            await WaitClock.UntilAsync(() => _log.Lines.Count == i);
            await _time.PassAsync(PluginLimits.LeastDisposal);
        }

        await disposal;
        Assert.Equal(PluginLimits.AllDisposals + 3 * PluginLimits.LeastDisposal, _time.GetElapsedTime(start));
        Assert.Equal(5, _log.Lines.Count);
    }

    [Fact]
    public async Task DisposeAll_Hurry_EndsTheWaitAndDisposesTheRest()
    {
        var file = Path.Combine(_folder.Root, "disposed");
        Sources.Compile(_folder, "A", $"public void Dispose() => System.IO.File.WriteAllText(\"{file}\", \"\");", "IChecker, IDisposable");
        Sources.Compile(_folder, "B", "public void Dispose() => Thread.Sleep(-1);", "IChecker, IDisposable");
        var instances = new PluginInstances(_time, _log);
        instances.CreateAll(Load().GetExports<IChecker>());
        using var hurry = new CancellationTokenSource();

        var disposal = instances.DisposeAllAsync(hurry.Token);
        await hurry.CancelAsync();
        await disposal;

        Assert.True(File.Exists(file));
        Assert.Equal(["Warning: Not waiting until plugin B has disposed its checker “B”: a second signal came"], _log.Lines);
    }

    [Fact]
    public async Task Create_HangingConstructor_FailsAndDisposesWhatComesLate()
    {
        var file = Path.Combine(_folder.Root, "gate");
        Sources.Compile(
            _folder, "Odd",
            $"public Checker() {{ while (!System.IO.File.Exists(\"{file}\")) Thread.Sleep(1); }} public void Dispose() => System.IO.File.Delete(\"{file}\");",
            "IChecker, IDisposable");
        var catalog = Load();
        var instances = new PluginInstances(_time, _log);

        await WaitClock.UntilAsync(() => _time.Count == 0); // loading, which waits for as long, has left the clock
        var created = Task.Run(() => instances.CreateAll(catalog.GetExports<IChecker>()));
        await _time.PassAsync(PluginLimits.Construction);

        Assert.Empty(await created);
        Assert.Equal(["Error: plugin Odd: cannot create checker “Odd”: it has not ended within 10 s"], _log.Lines);
        var plugin = Assert.Single(catalog.Plugins);
        Assert.Equal(
            (PluginState.Malfunctioned, "cannot create checker “Odd”: it has not ended within 10 s"), (plugin.State, plugin.Reason));

        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        while (File.Exists(file))
        {
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Load_HangingAttribute_IsMalfunctioned()
    {
        var file = Path.Combine(_folder.Root, "gate");
        Sources.Compile(_folder, "Odd", $$"""
            public class SlowAttribute : Attribute
            {
                public SlowAttribute() { System.IO.File.WriteAllText("{{file}}", ""); Thread.Sleep(-1); }
            }
            """, attributes: "[Checker.Slow]");
        Sources.Compile(_folder, "Sound", "");

        var load = Task.Run(Load);
        await _time.PassAsync(PluginLimits.Load, () => File.Exists(file));
        var catalog = await load;

        Assert.Equal("Sound", Assert.Single(new PluginInstances(_time, _log).CreateAll(catalog.GetExports<IChecker>())).Name);
        Assert.Equal(
            [(PluginState.Malfunctioned, "it has not ended within 10 s"), (PluginState.Active, null)],
            catalog.Plugins.Select(plugin => (plugin.State, plugin.Reason)));
    }

    private PluginCatalog Load() => PluginCatalog.Load(_folder.Root, PluginFolder.Services with { TimeProvider = _time });
}
