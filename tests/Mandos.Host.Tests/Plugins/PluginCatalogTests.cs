using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Tls;
using Mandos.BadPlugins;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;

namespace Mandos.Host.Tests.Plugins;

public sealed class PluginCatalogTests : IDisposable
{
    private const string Mark = "[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]\n";

    private readonly PluginFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_FolderAndPlainForm_BothActiveInOrdinalOrder()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Beta"), PluginFolder.CheckerSource("beta"));
        PluginCompiler.CompilePlugin(_folder.Plain("Alpha"), PluginFolder.CheckerSource("alpha"));
        PluginCompiler.CompilePlugin(_folder.Plain("aleph"), PluginFolder.CheckerSource("small"));

        var catalog = _folder.Load();

        Assert.Equal(["Alpha", "Beta", "aleph"], catalog.Plugins.Select(plugin => plugin.Name));
        Assert.Equal([_folder.Plain("Alpha"), _folder.InFolder("Beta"), _folder.Plain("aleph")], catalog.Plugins.Select(p => p.File));
        Assert.All(catalog.Plugins, plugin => Assert.Equal((PluginState.Active, null), (plugin.State, plugin.Reason)));
        Assert.Equal(["alpha", "beta", "small"], catalog.GetExports<IChecker>().Select(export => export.Name));
    }

    [Fact]
    public void Create_SoundPlugin_GivesAWorkingInstance()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Beta"), PluginFolder.CheckerSource("beta"));

        var export = Assert.Single(_folder.Load().GetExports<IChecker>());
        var checker = export.Create();

        Assert.Equal("Beta", export.PluginName);
        var client = new ClientSnapshot { Name = "x", Settings = new(), Created = default };
        Assert.Equal("beta of the test", Assert.Throws<CheckPreparationException>(() => checker.Prepare(client)).Message);
        Assert.NotSame(checker, export.Create());
    }

    [Fact]
    public void Load_SoundPlugin_IsDescribedFromItsMetadata()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Two"), """
            [assembly: MandosPlugin(2, 0)]
            [assembly: System.Reflection.AssemblyInformationalVersion("2.5.1+abcdef")]
            namespace Outer
            {
                public class Box
                {
                    [ExportChecker("inner"), ExportAnnouncer("spoken")]
                    internal sealed class Inner : IChecker, IAnnouncer
                    {
                        public ICheck Prepare(ClientSnapshot client) => null;
                        public Task RunAsync(ServiceDescription s, IProgress<string> a, CancellationToken c) => Task.CompletedTask;
                    }
                }
            }
            """);

        var catalog = _folder.Load();

        var plugin = Assert.Single(catalog.Plugins);
        Assert.Equal((PluginState.Active, null), (plugin.State, plugin.Reason));
        Assert.Equal(("2.5.1", new Version(2, 0)), (plugin.Version, plugin.Contract));
        Assert.Equal(
            [("checker", "inner", "Outer.Box+Inner"), ("announcer", "spoken", "Outer.Box+Inner")],
            plugin.Exports.Select(export => (export.Kind.Name, export.Name, export.TypeName)));
        Assert.NotNull(catalog.GetExports<IChecker>()[0].Create());
    }

    [Theory]
    [InlineData("2, 1", "plugin Odd needs contract 2.1, this server has 2.0")]
    [InlineData("1, 0", "plugin Odd needs contract 1.0, this server has 2.0")]
    [InlineData("3, 0", "plugin Odd needs contract 3.0, this server has 2.0")]
    [InlineData("0, 0", "plugin Odd needs contract 0.0, this server has 2.0")]
    public void Load_OtherContract_IsNotSupported(string contract, string reason)
        => AssertSourceRefused(PluginFolder.CheckerSource("odd", contract), PluginState.NotSupported, reason);

    [Fact]
    public void Load_AssemblyWithoutMarkInItsFolder_IsNotSupported()
        => AssertSourceRefused("public class Nothing;", PluginState.NotSupported, "its assembly does not bear the attribute MandosPluginAttribute");

    [Fact]
    public void Load_NoExports_IsMalfunctioned()
        => AssertSourceRefused(Mark, PluginState.Malfunctioned, "it exports nothing: mark a class with one of [ExportTlsBackend], [ExportStateStore], "
            + "[ExportChecker], [ExportAnnouncer], [ExportControlSurface]");

    [Fact]
    public void Load_ExportOfAnotherType_IsMalfunctioned()
        => AssertSourceRefused(
            Mark + """[ExportChecker("odd")] public class Odd;""",
            PluginState.Malfunctioned,
            "class Odd is exported as checker but it does not implement IChecker");

    [Fact]
    public void Load_AbstractClass_IsMalfunctioned()
        => AssertSourceRefused(
            Mark + """[ExportChecker("odd")] public abstract class Odd : IChecker { public ICheck Prepare(ClientSnapshot c) => null; }""",
            PluginState.Malfunctioned,
            "class Odd is exported as checker but it is abstract");

    [Fact]
    public void Load_EmptyExportName_IsMalfunctioned()
        => AssertSourceRefused(
            PluginFolder.CheckerSource(""), PluginState.Malfunctioned, "class Checker is exported as checker but its name is empty");

    [Fact]
    public void Load_ConstructorThatMefCannotUse_IsMalfunctioned()
        => AssertSourceRefused(
            Mark + """
            [ExportChecker("odd")]
            public class Odd : IChecker
            {
                public Odd(IPluginContext context) { }
                public ICheck Prepare(ClientSnapshot client) => null;
            }
            """,
            PluginState.Malfunctioned,
            "*constructor*");

    [Fact]
    public void Load_MissingLibrary_IsMalfunctioned()
    {
        var library = Path.Combine(_folder.Root, "Lost.dll");
        PluginCompiler.CompileLibrary(library, "public class LostBase;");
        var odd = _folder.InFolder("Odd");
        PluginCompiler.CompilePluginAgainst(
            odd,
            """
            using Mandos.Abstractions.Checking;
            [assembly: Mandos.Abstractions.Plugins.MandosPlugin(2, 0)]
            [ExportChecker("odd")]
            public class Odd : LostBase, IChecker { public ICheck Prepare(Mandos.Abstractions.Clients.ClientSnapshot client) => null; }
            """,
            library);
        File.Delete(library);

        AssertRefused(PluginState.Malfunctioned, "Could not load file or assembly 'Lost, *");
    }

    [Fact]
    public void Load_UnusableTypeBesideASoundExport_IsActive()
    {
        var library = Path.Combine(_folder.Root, "Lost.dll");
        PluginCompiler.CompileLibrary(library, "public class LostBase;");
        PluginCompiler.CompilePluginAgainst(
            _folder.InFolder("Odd"),
            """
            using Mandos.Abstractions.Checking;
            [assembly: Mandos.Abstractions.Plugins.MandosPlugin(2, 0)]
            public class Unused : LostBase;
            [ExportChecker("odd")]
            public class Odd : IChecker { public ICheck Prepare(Mandos.Abstractions.Clients.ClientSnapshot client) => null; }
            """,
            library);
        File.Delete(library);

        Assert.NotNull(Assert.Single(_folder.Load().GetExports<IChecker>()).Create());
    }

    [Theory]
    [InlineData("")]
    [InlineData("This is text, and no assembly at all.")]
    public void Load_TextFile_IsMalfunctioned(string text)
    {
        var odd = _folder.InFolder("Odd");
        File.WriteAllText(odd, text);
        AssertRefused(PluginState.Malfunctioned, "it is not a .NET assembly: *");
    }

    [Fact]
    public void Load_TruncatedAssembly_IsMalfunctioned()
    {
        var odd = _folder.InFolder("Odd");
        PluginCompiler.CompilePlugin(odd, PluginFolder.CheckerSource("odd"));
        var image = File.ReadAllBytes(odd);
        File.WriteAllBytes(odd, image[..(image.Length / 2)]);
        AssertRefused(PluginState.Malfunctioned, "it is not a .NET assembly: *");
    }

    [Fact]
    public void Load_SameCopyOfContractsInFolder_UsesTheServers()
    {
        var plugin = _folder.InFolder("Odd");
        PluginCompiler.CompilePlugin(plugin, PluginFolder.CheckerSource("odd"));
        File.Copy(typeof(IChecker).Assembly.Location, Path.Combine(Path.GetDirectoryName(plugin)!, "Mandos.Abstractions.dll"));

        Assert.NotNull(Assert.Single(_folder.Load().GetExports<IChecker>()).Create());
    }

    [Fact]
    public void Load_LibraryBesidePlainPlugin_IsUsedAndNotListed()
    {
        PluginCompiler.CompileLibrary(_folder.Plain("Library"), """public static class Library { public static string Text => "from it"; }""");
        PluginCompiler.CompilePluginAgainst(
            _folder.Plain("Plugin"),
            """
            using Mandos.Abstractions.Checking;
            [assembly: Mandos.Abstractions.Plugins.MandosPlugin(2, 0)]
            [ExportChecker("plain")]
            public class Plain : IChecker
            {
                public ICheck Prepare(Mandos.Abstractions.Clients.ClientSnapshot c) => throw new CheckPreparationException(Library.Text);
            }
            """,
            _folder.Plain("Library"));

        var catalog = _folder.Load();

        Assert.Equal("Plugin", Assert.Single(catalog.Plugins).Name);
        var checker = catalog.GetExports<IChecker>()[0].Create();
        var client = new ClientSnapshot { Name = "x", Settings = new(), Created = default };
        Assert.Equal("from it", Assert.Throws<CheckPreparationException>(() => checker.Prepare(client)).Message);
    }

    [Fact]
    public void Create_ThrowingConstructor_SaysSoInOneLineAndCountsAsMalfunctioned()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Odd"), Mark + """
            [ExportChecker("odd")]
            public class Odd : IChecker
            {
                public Odd() => throw new InvalidOperationException("first line\nsecond line");
                public ICheck Prepare(ClientSnapshot client) => null;
            }
            """);
        PluginCompiler.CompilePlugin(_folder.InFolder("Sound"), PluginFolder.CheckerSource("sound"));

        var catalog = _folder.Load();
        var exports = catalog.GetExports<IChecker>();
        var exception = Assert.Throws<PluginException>(exports[0].Create);

        Assert.Equal("plugin Odd: cannot create checker “odd”: first line second line", exception.Message);
        Assert.Equal(
            [(PluginState.Malfunctioned, "cannot create checker “odd”: first line second line"), (PluginState.Active, null)],
            catalog.Plugins.Select(plugin => (plugin.State, plugin.Reason)));
        Assert.NotNull(exports[1].Create());
    }

    [Fact]
    public void Load_TwoExportsOfOneKindAndName_RefusesTheSecondPlugin()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("First"), PluginFolder.CheckerSource("same"));
        PluginCompiler.CompilePlugin(_folder.InFolder("Second"), PluginFolder.CheckerSource("same"));

        var catalog = _folder.Load();

        Assert.Equal(
            [(PluginState.Active, null), (PluginState.Malfunctioned, "plugin First already exports a checker named “same”")],
            catalog.Plugins.Select(plugin => (plugin.State, plugin.Reason)));
        Assert.Equal("First", Assert.Single(catalog.GetExports<IChecker>()).PluginName);
    }

    [Fact]
    public void Load_OnePluginWithTwoExportsOfOneName_IsMalfunctioned()
        => AssertSourceRefused(
            PluginFolder.CheckerSource("odd") + """[ExportChecker("odd")] public class Second : Checker;""",
            PluginState.Malfunctioned,
            "it exports several checkers named “odd”");

    [Fact]
    public void Load_FolderWithoutItsAssembly_IsNotThere()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Root, "Removed"));
        Assert.Empty(_folder.Load().Plugins);
    }

    [Fact]
    public void GetOnly_OneExport_GivesIt()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Beta"), PluginFolder.CheckerSource("beta"));
        Assert.Equal("beta", _folder.Load().GetOnly<IChecker>().Name);
    }

    [Fact]
    public void GetOnly_NoExport_SaysWhichFolderIsMissing()
    {
        var exception = Assert.Throws<PluginException>(() => _folder.Load().GetOnly<ITlsBackend>());
        Assert.Equal(
            $"there is no TLS back end: plugin directory {_folder.Root} has no folder TlsBouncy with TlsBouncy.dll in it, "
            + "nor another plugin that is a TLS back end",
            exception.Message);
    }

    [Fact]
    public void GetOnly_NoDirectory_SaysSo()
    {
        var missing = Path.Combine(_folder.Root, "none");
        var exception = Assert.Throws<PluginException>(() => PluginCatalog.Load(missing, PluginFolder.Services).GetOnly<ITlsBackend>());
        Assert.Equal($"there is no TLS back end, because there is no plugin directory {missing}", exception.Message);
    }

    [Fact]
    public void GetOnly_FaultyPlugin_GivesItsReason()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Odd"), PluginFolder.CheckerSource("odd", "7, 0"));
        var exception = Assert.Throws<PluginException>(() => _folder.Load().GetOnly<IChecker>());
        Assert.Equal(
            $"there is no checker: plugin Odd ({_folder.InFolder("Odd")}): plugin Odd needs contract 7.0, this server has 2.0",
            exception.Message);
    }

    [Fact]
    public void GetOnly_SeveralExports_NamesThem()
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Alpha"), PluginFolder.CheckerSource("a"));
        PluginCompiler.CompilePlugin(_folder.InFolder("Beta"), PluginFolder.CheckerSource("b"));
        var exception = Assert.Throws<PluginException>(() => _folder.Load().GetOnly<IChecker>());
        Assert.Equal(
            "there are several checkers, where the server needs one: “a” of plugin Alpha, “b” of plugin Beta; "
            + $"keep one of these plugins under {_folder.Root}",
            exception.Message);
    }

    private void AssertSourceRefused(string source, PluginState state, string reason)
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Odd"), source);
        AssertRefused(state, reason);
    }

    /// <summary>Plugin Odd is refused for a reason, in which * stands for anything, and its neighbours are unharmed.</summary>
    private void AssertRefused(PluginState state, string reason)
    {
        PluginCompiler.CompilePlugin(_folder.InFolder("Able"), PluginFolder.CheckerSource("before"));
        PluginCompiler.CompilePlugin(_folder.InFolder("Zeal"), PluginFolder.CheckerSource("after"));

        var catalog = _folder.Load();

        Assert.Equal(["Able", "Odd", "Zeal"], catalog.Plugins.Select(plugin => plugin.Name));
        Assert.Equal([PluginState.Active, state, PluginState.Active], catalog.Plugins.Select(plugin => plugin.State));
        var pattern = "^" + System.Text.RegularExpressions.Regex.Escape(reason).Replace("\\*", ".*", StringComparison.Ordinal) + "$";
        Assert.Matches(pattern, catalog.Plugins[1].Reason);
        Assert.Equal(["before", "after"], catalog.GetExports<IChecker>().Select(export => export.Name));
        Assert.All(catalog.GetExports<IChecker>(), export => Assert.NotNull(export.Create()));
        Assert.Empty(catalog.GetExports<IControlSurface>());
    }
}
