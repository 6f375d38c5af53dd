using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.BadPlugins;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.Tests.Plugins;

/// <summary>What plugins.yaml does to plugins.</summary>
public sealed class PluginSteeringTests : IDisposable
{
    private const string Mark = "[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]\n";
    private const string File = "/etc/mandos/plugins.yaml";

    private readonly PluginFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_SettingsAndOptions_AreReadFromMetadata()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Two"), Mark + """
            [ExportChecker("one", Settings = new[] { "file", "größe" }, Options = new[] { "tcp_port" })]
            public class One : IChecker { public ICheck Prepare(ClientSnapshot client) => null; }
            [ExportChecker("two", Options = null, Settings = new string[0])]
            public class Two : IChecker { public ICheck Prepare(ClientSnapshot client) => null; }
            [ExportChecker("three")]
            public class Three : IChecker { public ICheck Prepare(ClientSnapshot client) => null; }
            """);

        var plugin = Assert.Single(_folder.Load().Plugins);

        Assert.Equal((PluginState.Active, null), (plugin.State, plugin.Reason));
        Assert.Equal(
            [("one", "file größe", "tcp_port"), ("two", "", ""), ("three", "", "")],
            plugin.Exports.Select(export => (export.Name, string.Join(' ', export.Settings), string.Join(' ', export.Options))));
    }

    [Fact]
    public void Load_DisabledPlugin_IsListedAndNotLoaded()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Beta"), PluginFolder.CheckerSource("beta"));
        PluginCompiler.CompilePlugin(_folder.Plain("Alpha"), PluginFolder.CheckerSource("alpha"));
        var loader = new CountingLoader();

        var catalog = PluginCatalog.Load(_folder.Root, PluginFolder.Services, Parse("plugins:\n  Beta:\n    enabled: false\n"), loader);

        Assert.Equal(
            [("Alpha", PluginState.Active, null), ("Beta", PluginState.Disabled, $"it is switched off at {File}:3")],
            catalog.Plugins.Select(plugin => (plugin.Name, plugin.State, plugin.Reason)));
        Assert.Equal(["alpha"], catalog.GetExports<IChecker>().Select(export => export.Name));
        Assert.Equal(["Alpha.dll"], loader.Loaded);
        Assert.Equal("beta", catalog.Plugins[1].Exports.Single().Name);
    }

    [Fact]
    public void Load_DisabledPluginThatIsBroken_IsDisabled()
    {
        System.IO.File.WriteAllText(_folder.InFolder("Odd"), "no assembly");

        var plugin = Assert.Single(_folder.Load(Parse("plugins: {Odd: {enabled: no}}")).Plugins);

        Assert.Equal(PluginState.Disabled, plugin.State);
    }

    [Fact]
    public void Load_DisabledNamesake_LetsTheOtherExport()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("First"), PluginFolder.CheckerSource("same"));
        PluginCompiler.CompilePlugin(_folder.InFolder("Second"), PluginFolder.CheckerSource("same"));

        var catalog = _folder.Load(Parse("plugins: {First: {enabled: no}}"));

        Assert.Equal("Second", catalog.GetOnly<IChecker>().PluginName);
    }

    [Theory]
    [InlineData(false, true, "use_dbus is off", null)]
    [InlineData(true, false, null, "zeroconf is off")]
    [InlineData(true, true, null, null)]
    public void Load_SwitchOfServer_DisablesWhatItIsAbout(bool useDBus, bool useZeroconf, string? dbus, string? announcer)
    {
        const string Run = "public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.CompletedTask;";
        PluginCompiler.CompilePlugin(
            _folder.InFolder("A"), Mark + $$"""[ExportControlSurface("dbus")] public class A : IControlSurface { {{Run}} }""");
        PluginCompiler.CompilePlugin(
            _folder.InFolder("B"), Mark + $$"""[ExportControlSurface("other")] public class B : IControlSurface { {{Run}} }""");
        PluginCompiler.CompilePlugin(_folder.InFolder("C"), Mark + """
            [ExportAnnouncer("c")]
            public class C : IAnnouncer
            {
                public Task RunAsync(ServiceDescription s, IProgress<string> a, CancellationToken c) => Task.CompletedTask;
            }
            """);

        var catalog = _folder.Load(PluginOptions.Default with { UseDBus = useDBus, UseZeroconf = useZeroconf });

        Assert.Equal([dbus, null, announcer], catalog.Plugins.Select(plugin => plugin.Reason));
        Assert.Equal(dbus is null ? 2 : 1, catalog.GetExports<IControlSurface>().Count);
        Assert.Equal(announcer is null ? 1 : 0, catalog.GetExports<IAnnouncer>().Count);
    }

    [Fact]
    public void Create_Settings_ReachThePlugin()
    {
        CompileSettingsPlugin("throw new InvalidOperationException(context.Settings.Count + context.Settings[\"file\"])");

        Assert.EndsWith(": 1/x", CreateFails("plugins:\n  Odd:\n    settings:\n      file: /x\n").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plugins:\n  Odd:\n    settings:\n      other: 1\n      file: hunter2\n", ":5")]
    [InlineData("plugins:\n  Odd:\n    settings:\n      other: hunter2\n", ":2")]
    [InlineData("", "")]
    public void Create_BadSetting_SaysItsLineAndNotItsValue(string text, string place)
    {
        CompileSettingsPlugin("throw new PluginSettingException(\"file\", \"is no file, though hunter2 is\")");
        var catalog = _folder.Load(Parse(text));

        var exception = Assert.Throws<PluginException>(() => catalog.GetOnly<IChecker>().Create());

        string shown = text.Length > 0 ? "…" : "hunter2";
        Assert.Equal($"plugin Odd: {File}{place}: setting file: is no file, though {shown} is", exception.Message);
        Assert.Equal($"{File}{place}: setting file: is no file, though {shown} is", Assert.Single(exception.Problems).ToString());
        var plugin = Assert.Single(catalog.Plugins);
        Assert.Equal((PluginState.Malfunctioned, exception.Problems[0].ToString()), (plugin.State, plugin.Reason));
    }

    [Fact]
    public void Create_FaultThatTellsASetting_DoesNotShowIt()
    {
        CompileSettingsPlugin("int.Parse(context.Settings[\"file\"])");

        var exception = CreateFails("plugins:\n  Odd:\n    settings:\n      file: hunter2\n");

        Assert.Equal("plugin Odd: cannot create checker “odd”: The input string '…' was not in a correct format.", exception.Message);
        Assert.Empty(exception.Problems);
    }

    [Fact]
    public void Create_SeveralBadSettings_TellsAllInTheirOrder()
    {
        CompileSettingsPlugin(
            "throw new PluginSettingException(\"other\", \"is bad\") { Others = new[] { new PluginSettingException(\"file\", \"is worse\") } }");

        var exception = CreateFails("plugins:\n  Odd:\n    settings:\n      file: 1\n      other: 1\n");

        Assert.Equal([$"{File}:4: setting file: is worse", $"{File}:5: setting other: is bad"], exception.Problems.Select(problem => problem.ToString()));
        Assert.Equal($"plugin Odd: {File}:4: setting file: is worse; mandos --check-config shows 1 more", exception.Message);
    }

    [Fact]
    public void CheckOptions_NestedSettings_AreComparedWithTheirPatterns()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Two"), Mark + """
            [ExportChecker("one", Settings = new[] { "file", "mail.*.host", "mail.*.to", "mail.*.to.*" })]
            public class One : IChecker { public ICheck Prepare(ClientSnapshot client) => null; }
            """);

        Assert.Equal(
            [$"{File}:4: plugin Two has no setting mail; below mail it takes names, each with a colon, or a list"],
            Check("plugins:\n  Two:\n    settings:\n      mail: x\n"));
        Assert.Equal(
            [
                $"{File}:7: plugin Two has no setting mail.a.hots; mail.a takes host, to",
                $"{File}:8: plugin Two has no setting mail.b; mail.b takes host, to",
                $"{File}:9: plugin Two has no setting file.1; file has to be a text or a number",
                $"{File}:10: plugin Two has no setting mial.a.host; it takes file, mail",
            ],
            Check("""
                plugins:
                  Two:
                    settings:
                      mail:
                        a:
                          to: [x, y]
                          hots: x
                        b: x
                      file: [x]
                      mial: {a: {host: x}}
                """));
    }

    [Fact]
    public void CheckOptions_UnknownSettings_NamesThoseThereAre()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Two"), Mark + """
            [ExportChecker("one", Settings = new[] { "file", "level" })]
            public class One : IChecker { public ICheck Prepare(ClientSnapshot client) => null; }
            """);
        PluginCompiler.CompilePlugin(_folder.InFolder("None"), PluginFolder.CheckerSource("none"));

        Assert.Equal(
            [
                $"{File}:6: plugin Two has no setting fiel; it takes file, level",
                $"{File}:9: plugin None has no setting file; it takes none",
            ],
            Check("plugins:\n  Two:\n    enabled: false\n    settings:\n      file: hunter2\n      fiel: hunter2\n  None:\n    settings:\n      file: 1\n"));
    }

    [Fact]
    public void CheckOptions_AbsentPlugin_IsNoProblem()
    {
        var catalog = _folder.Load(Parse("plugins:\n  Gone:\n    settings: {a: b}\n"));

        Assert.Empty(catalog.CheckOptions(out var absent));
        Assert.Equal(
            [$"{File}:2: there is no plugin Gone under {_folder.Root}, so its entry has no effect"],
            absent.Select(note => note.ToString()));
    }

    [Fact]
    public void CheckOptions_ChoiceThatIsNotThere_NamesThoseThereAre()
    {
        CompileStore("First", "file");
        CompileStore("Second", "memory");
        CompileStore("Third", "odd", contract: "7, 0");

        Assert.Equal([$"{File}:1: store: there is no state store “disk”; choose file, memory or odd"], Check("store: disk"));
        Assert.Equal(
            [$"{File}:1: store: “odd” cannot be used: plugin Third ({_folder.InFolder("Third")}): plugin Third needs contract 7.0, this server has 2.0"],
            Check("store: odd"));
        Assert.Equal(
            [
                $"{File}:1: store: “file” cannot be used: plugin First ({_folder.InFolder("First")}): it is switched off at {File}:2",
            ],
            Check("store: file\nplugins: {First: {enabled: no}}"));
        Assert.Equal(
            [
                $"{File}:1: tls: there is no TLS back end: plugin directory {_folder.Root} has no folder TlsBouncy with TlsBouncy.dll in it, "
                    + "nor another plugin that is a TLS back end",
            ],
            Check("tls: bouncy"));
        Assert.Empty(Check("store: memory"));
    }

    [Fact]
    public void GetOnly_Choice_GivesIt()
    {
        CompileStore("First", "file");
        CompileStore("Second", "memory");

        Assert.Equal("Second", _folder.Load(Parse("store: memory")).GetOnly<Abstractions.Persistence.IStateStore>().PluginName);
    }

    [Fact]
    public void GetOnly_NoChoiceAmongSeveral_SaysHowToChoose()
    {
        CompileStore("First", "file");
        CompileStore("Second", "memory");

        var exception = Assert.Throws<PluginException>(() => _folder.Load(Parse("")).GetOnly<Abstractions.Persistence.IStateStore>());

        Assert.Equal(
            "there are several state stores, where the server needs one: “file” of plugin First, “memory” of plugin Second; "
            + $"choose one by a line such as “store: file” in {File}, or keep one of these plugins under {_folder.Root}",
            exception.Message);
    }

    [Fact]
    public void GetOnly_OneThatIsUsedOnlyIfChosen_IsNotLoadedOtherwise()
    {
        CompileStore("First", "file");
        CompileStore("Second", "shared", ", OnlyIfChosen = true");
        var loader = new CountingLoader();

        var usual = PluginCatalog.Load(_folder.Root, PluginFolder.Services, Parse(""), loader);
        var chosen = _folder.Load(Parse("store: shared"));

        Assert.Equal("First", usual.GetOnly<Abstractions.Persistence.IStateStore>().PluginName);
        Assert.Equal(["First.dll"], loader.Loaded);
        Assert.Equal(
            (PluginState.Disabled, $"it is used only where {File} says “store: shared”"), (usual.Plugins[1].State, usual.Plugins[1].Reason));
        Assert.Equal("Second", chosen.GetOnly<Abstractions.Persistence.IStateStore>().PluginName);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("plugins: {Other: {enabled: yes}}", false)]
    [InlineData("plugins: {Odd: {enabled: no}}", false)]
    [InlineData("plugins: {Odd: {}}", true)]
    [InlineData("plugins:\n  Odd:\n", true)]
    public void GetExports_SurfaceThatIsUsedOnlyIfChosen_IsLoadedIfItsPluginIsNamed(string file, bool isLoaded)
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Odd"), Mark + """
            [ExportControlSurface("odd", OnlyIfChosen = true)]
            public class Odd : IControlSurface
            {
                public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.Delay(-1, cancellationToken);
            }
            """);
        var loader = new CountingLoader();

        var catalog = PluginCatalog.Load(_folder.Root, PluginFolder.Services, Parse(file), loader);

        Assert.Equal(isLoaded ? ["Odd.dll"] : [], loader.Loaded);
        Assert.Equal(isLoaded ? 1 : 0, catalog.GetExports<Abstractions.Control.IControlSurface>().Count);
        if (!file.Contains("Odd", StringComparison.Ordinal))
        {
            Assert.Equal((PluginState.Disabled, $"it is used only where {File} names it"), (catalog.Plugins[0].State, catalog.Plugins[0].Reason));
        }
    }

    [Fact]
    public void GetOnly_OnlyOneDisabled_SaysWhere()
    {
        CompileStore("First", "file");

        var exception = Assert.Throws<PluginException>(
            () => _folder.Load(Parse("plugins: {First: {enabled: no}}")).GetOnly<Abstractions.Persistence.IStateStore>());

        Assert.Equal(
            $"there is no state store: plugin First ({_folder.InFolder("First")}): it is switched off at {File}:1", exception.Message);
    }

    private void CompileSettingsPlugin(string statement) => PluginCompiler.CompilePlugin(_folder.InFolder("Odd"), Mark + $$"""
        [ExportChecker("odd", Settings = new[] { "file", "other" })]
        public class Odd : IChecker
        {
            [ImportingConstructor] public Odd(IPluginContext context) { {{statement}}; }
            public ICheck Prepare(ClientSnapshot client) => null;
        }
        """);

    private void CompileStore(string plugin, string name, string arguments = "", string contract = "2, 0") => PluginCompiler.CompilePlugin(
        _folder.InFolder(plugin),
        $$"""
        using System.Collections.Generic;
        using Mandos.Abstractions.Persistence;
        [assembly: MandosPlugin({{contract}})]
        [ExportStateStore("{{name}}"{{arguments}})]
        public class Store : IStateStore
        {
            public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken c) => default;
            public ValueTask SaveAsync(IReadOnlyCollection<StoredClient> a, IReadOnlyCollection<string> b, CancellationToken c) => default;
            public ValueTask DisposeAsync() => default;
        }
        """);

    private PluginException CreateFails(string text)
    {
        var exports = _folder.Load(Parse(text)).GetExports<IChecker>();
        return Assert.Throws<PluginException>(exports[0].Create);
    }

    private IEnumerable<string> Check(string text)
        => _folder.Load(Parse(text)).CheckOptions(out _).Select(problem => problem.ToString());

    private static PluginOptions Parse(string text)
    {
        var result = new PluginFileParser(PluginOptions.Default with { File = File }, text).Parse();
        Assert.Equal<IEnumerable<ConfigProblem>>([], result.Problems);
        return result.Options;
    }

    private sealed class CountingLoader : IPluginAssemblyLoader
    {
        private readonly PluginAssemblyLoader _loader = new();

        public List<string> Loaded { get; } = [];

        public System.Reflection.Assembly Load(string file)
        {
            Loaded.Add(Path.GetFileName(file));
            return _loader.Load(file);
        }
    }
}
