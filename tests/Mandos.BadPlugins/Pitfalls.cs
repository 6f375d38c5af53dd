using System.Collections.Immutable;
using System.Diagnostics;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Mandos.Abstractions.Plugins;

namespace Mandos.BadPlugins;

/// <summary>Every pitfall that the server has to survive.</summary>
public static class Pitfalls
{
    private const string Active = nameof(Active);
    private const string NotSupported = nameof(NotSupported);
    private const string Malfunctioned = nameof(Malfunctioned);
    private const string Mark = "[assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]\n";
    private const UnixFileMode EverybodyWrites = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private static readonly string _version = $"{ContractVersion.Major}.{ContractVersion.Minor}";
    private static readonly string _newer = $"{ContractVersion.Major}.{ContractVersion.Minor + 1}";

    /// <summary>All of them; their plugins may stand in one directory.</summary>
    public static IReadOnlyList<Pitfall> All { get; } =
    [
        new("PrivateContracts", Malfunctioned, "it brings its own copy of Mandos.Abstractions ({}/*.dll), which must be the server's: remove it and *",
            WritePrivateContracts),
        new("NewerContract", NotSupported, $"plugin NewerContract needs contract {_newer}, this server has {_version}",
            directory => Compile(InFolder(directory, "NewerContract"), WithContract("ContractVersion.Major, ContractVersion.Minor + 1"))),
        new("PlainNewerContract", NotSupported, $"plugin PlainNewerContract needs contract {_newer}, this server has {_version}",
            directory => Compile(Plain(directory, "PlainNewerContract"), WithContract("ContractVersion.Major, ContractVersion.Minor + 1"))),
        new("OlderMajor", NotSupported, $"plugin OlderMajor needs contract 0.9, this server has {_version}",
            directory => Compile(InFolder(directory, "OlderMajor"), WithContract("0, 9"))),
        new("MissingImport", Malfunctioned, "No export was found for the contract 'IMandosServer'*",
            directory => Compile(InFolder(directory, "MissingImport"), Mark + """
                [ExportControlSurface("missing-import")]
                public class Surface : IControlSurface
                {
                    [ImportingConstructor] public Surface(IMandosServer server) { }
                    public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.CompletedTask;
                }
                """)),
        Running("ThrowingConstructor", "[ExportControlSurface(\"throwing-constructor\")]", """
            public Surface() => throw new InvalidOperationException("of the\nconstructor");
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.CompletedTask;
            """) with
        {
            LaterState = Malfunctioned,
            Log = [("ERROR", "plugin ThrowingConstructor: cannot create control surface “throwing-constructor”: of the constructor")],
        },
        Running("HangingConstructor", "[ExportControlSurface(\"hanging-constructor\")]", """
            public Surface() => Thread.Sleep(Timeout.Infinite);
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.CompletedTask;
            """) with
        {
            LaterState = Malfunctioned,
            Log =
            [
                ("ERROR", "plugin HangingConstructor: cannot create control surface “hanging-constructor”: it has not ended within 10 s"),
            ],
        },
        new("MissingLibrary", Malfunctioned, "it needs MissingLibraryOfIts, which is not there; install it again, with all its files",
            directory => File.Delete(WriteWithLibrary(directory, "MissingLibrary"))),
        new("MissingMember", Active, null, directory => PluginCompiler.CompileLibrary(
            WriteWithLibrary(directory, "MissingMember"), "namespace Library { public static class Code { } }"))
        {
            LaterState = Malfunctioned,
            Log = [("ERROR", "Plugin MissingMember: control surface “MissingMember” lacks code that it needs, so it is not run again: Method not found: ")],
        },
        Running("ThrowingDispose", "[ExportControlSurface(\"throwing-dispose\")]", """
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.Delay(-1, cancellationToken);
            public void Dispose() => throw new InvalidOperationException("of the disposal");
            """) with
        {
            LogAtEnd = [("ERROR", "plugin ThrowingDispose could not dispose its control surface “throwing-dispose”: of the disposal")],
        },
        Running("HangingDispose", "[ExportControlSurface(\"hanging-dispose\")]", """
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken) => Task.Delay(-1, cancellationToken);
            public void Dispose() => Thread.Sleep(Timeout.Infinite);
            """) with
        {
            LogAtEnd = [("ERROR", "plugin HangingDispose could not dispose its control surface “hanging-dispose”: it has not ended within 10 s")],
        },
        Running("HangingStart", "[ExportControlSurface(\"hanging-start\")]", """
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
            {
                Thread.Sleep(Timeout.Infinite);
                return null;
            }
            """) with
        {
            LaterState = Malfunctioned,
            Log =
            [
                ("WARNING", "Plugin HangingStart: control surface “hanging-start” hangs at its start: it has not returned from RunAsync within 5 s"),
            ],
        },
        Running("HangingStop", "[ExportControlSurface(\"hanging-stop\")]", """
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
            {
                cancellationToken.Register(() => Thread.Sleep(Timeout.Infinite));
                return Task.Delay(-1);
            }
            """) with
        {
            LogAtEnd = [("WARNING", "Plugin HangingStop: control surface “hanging-stop” does not stop: it still runs 10 s after it was told to end")],
        },
        Running("Background", "[ExportControlSurface(\"background\")]", """
            private Timer _timer;
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
            {
                new Thread(() => throw new InvalidOperationException("on a thread")).Start();
                ThreadPool.QueueUserWorkItem(_ => throw new InvalidOperationException("on the pool"));
                _timer = new Timer(_ => throw new InvalidOperationException("in a timer"), null, 0, 100);
                Async();
                cancellationToken.Register(() => _timer.Dispose());
                return Task.Delay(-1, cancellationToken);
            }
            private async void Async()
            {
                await Task.Yield();
                throw new InvalidOperationException("in an async void method");
            }
            """) with
        {
            LaterState = Malfunctioned,
            Log =
            [
                ("ERROR", "Plugin Background let an exception go on a thread of its own: "),
                ("ERROR", "control surface “background” failed: one of its threads let an exception go; it is run again in 1 s"),
            ],
        },
        Running("Clinging", "[ExportControlSurface(\"clinging\")]", """
            public Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
            {
                new Thread(() => Thread.Sleep(-1)).Start(); // in the foreground, so that the runtime would wait for it
                return Task.Delay(-1, cancellationToken);
            }
            """),
        new("RuntimeConfig", Malfunctioned,
            "not trusted: {}/RuntimeConfig/RuntimeConfig.runtimeconfig.dev.json could have libraries loaded from anywhere; remove it",
            directory =>
            {
                var file = InFolder(directory, "RuntimeConfig");
                Compile(file, SoundChecker("RuntimeConfig"));
                File.WriteAllText(Path.ChangeExtension(file, ".runtimeconfig.dev.json"), "{}");
            }),
        new("WorldWritable", Malfunctioned,
            "not trusted: {}/WorldWritable/lib/data.txt can be written by others than its owner (mode 666); chmod go-w {}/WorldWritable/lib/data.txt",
            directory =>
            {
                var file = InFolder(directory, "WorldWritable");
                Compile(file, SoundChecker("WorldWritable"));
                var data = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "WorldWritable/lib")).FullName, "data.txt");
                File.WriteAllText(data, "");
                File.SetUnixFileMode(data, EverybodyWrites | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }),
        new("PlainWorldWritable", Malfunctioned,
            "not trusted: {}/PlainWorldWritable.dll can be written by others than its owner (mode *6); chmod go-w {}/PlainWorldWritable.dll",
            directory =>
            {
                var file = Plain(directory, "PlainWorldWritable");
                Compile(file, SoundChecker("PlainWorldWritable"));
                File.SetUnixFileMode(file, File.GetUnixFileMode(file) | EverybodyWrites);
            }),
        new("WrongOwner", Malfunctioned, "not trusted: {}/WrongOwner/WrongOwner.dll belongs to user 12345, not to root; chown -h root: {}/WrongOwner/WrongOwner.dll",
            directory =>
            {
                var file = InFolder(directory, "WrongOwner");
                Compile(file, SoundChecker("WrongOwner"));
                using var chown = Process.Start("chown", ["12345", file]);
                chown.WaitForExit();
            })
        {
            NeedsRoot = true,
        },
        new("SymlinkOut", Malfunctioned,
            "not trusted: {}/SymlinkOut/link is a symbolic link out of the plugin directory, to /etc/passwd; put a copy in its place",
            directory =>
            {
                Compile(InFolder(directory, "SymlinkOut"), SoundChecker("SymlinkOut"));
                File.CreateSymbolicLink(Path.Combine(directory, "SymlinkOut/link"), "/etc/passwd");
            }),
        new("NoAssembly", Malfunctioned, "it is not a .NET assembly: *",
            directory => File.WriteAllText(InFolder(directory, "NoAssembly"), "This is text, and no assembly at all.")),
        new("PlainNoAssembly", Malfunctioned, "it is not a .NET assembly: *",
            directory => File.WriteAllText(Plain(directory, "PlainNoAssembly"), "")),
        new("NativeElf", Malfunctioned, "it is not a .NET assembly: *", directory => File.Copy(
            Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so"), InFolder(directory, "NativeElf"))),
        new("NativePe", Malfunctioned, "it is not a .NET assembly: it holds no assembly", directory => WriteNativePe(InFolder(directory, "NativePe"))),
        new("Twin", Malfunctioned, "there is another plugin of this name: {}/Twin/Twin.dll", directory =>
        {
            Compile(InFolder(directory, "Twin"), SoundChecker("twin"));
            Compile(Plain(directory, "Twin"), SoundChecker("twin-of-twin"));
        }),
    ];

    /// <summary>The text of a plugin with one sound checker.</summary>
    /// <param name="name">Name of the checker.</param>
    public static string SoundChecker(string name) => Mark + Checker(name);

    private static string WithContract(string version) => $"[assembly: MandosPlugin({version})]\n{Checker("of-another-contract")}";

    private static string Checker(string name) => $$"""
        [ExportChecker("{{name}}")]
        public class Checker : IChecker
        {
            public ICheck Prepare(ClientSnapshot client) => throw new CheckPreparationException("{{name}}");
        }
        """;

    /// <summary>A control surface that is sound as far as reading the plugin directory can tell.</summary>
    private static Pitfall Running(string name, string attribute, string members) => new(name, Active, null, directory => Compile(
        InFolder(directory, name),
        $"{Mark}{attribute} public class Surface : IControlSurface{Interfaces(members)} {{ {members} }}"));

    private static string Interfaces(string members) => members.Contains("void Dispose()", StringComparison.Ordinal) ? ", IDisposable" : "";

    private static string InFolder(string directory, string name)
        => Path.Combine(Directory.CreateDirectory(Path.Combine(directory, name)).FullName, $"{name}.dll");

    private static string Plain(string directory, string name) => Path.Combine(directory, $"{name}.dll");

    private static void Compile(string file, string source) => PluginCompiler.CompilePlugin(file, source);

    /// <summary>Writes a control surface that calls a library as soon as it runs.</summary>
    /// <returns>The library.</returns>
    private static string WriteWithLibrary(string directory, string name)
    {
        var plugin = InFolder(directory, name);
        var library = Path.Combine(Path.GetDirectoryName(plugin)!, $"{name}OfIts.dll");
        PluginCompiler.CompileLibrary(library, "namespace Library { public static class Code { public static void Call() { } } }");
        PluginCompiler.CompilePluginAgainst(
            plugin,
            $$"""
            using System.Threading;
            using System.Threading.Tasks;
            using Mandos.Abstractions.Control;
            using Mandos.Abstractions.Plugins;
            {{Mark}}
            [ExportControlSurface("{{name}}")]
            public class Surface : IControlSurface
            {
                public async Task RunAsync(IMandosServer server, CancellationToken cancellationToken)
                {
                    await Task.Yield();
                    Library.Code.Call();
                    await Task.Delay(-1, cancellationToken);
                }
            }
            """,
            library);
        return library;
    }

    private static void WritePrivateContracts(string directory)
    {
        var plugin = InFolder(directory, "PrivateContracts");
        var contracts = Path.Combine(directory, "PrivateContracts/Mandos.Abstractions.dll");
        PluginCompiler.CompileLibrary(contracts, """
            using System;
            [assembly: System.Reflection.AssemblyVersion("99.0.0.0")]
            namespace Mandos.Abstractions.Plugins { public class MandosPluginAttribute(int major, int minor) : Attribute; }
            namespace Mandos.Abstractions.Checking
            {
                public class ExportCheckerAttribute(string name) : System.Composition.ExportAttribute(typeof(IChecker))
                {
                    public string Name { get; } = name;
                }
                public interface IChecker;
            }
            """);
        PluginCompiler.CompilePluginAgainst(
            plugin,
            $$"""
            using Mandos.Abstractions.Checking;
            [assembly: Mandos.Abstractions.Plugins.MandosPlugin({{ContractVersion.Major}}, {{ContractVersion.Minor}})]
            [ExportChecker("private-contracts")] public class Checker : IChecker;
            """,
            contracts);
    }

    /// <summary>A well-formed DLL for Windows without any .NET in it: the headers, and one section with nothing.</summary>
    private static void WriteNativePe(string file)
    {
        var image = new BlobBuilder();
        new NativePeBuilder().Serialize(image);
        File.WriteAllBytes(file, image.ToArray());
    }

    private sealed class NativePeBuilder() : PEBuilder(PEHeaderBuilder.CreateLibraryHeader(), deterministicIdProvider: null)
    {
        protected override ImmutableArray<Section> CreateSections()
            => [new(".text", SectionCharacteristics.ContainsCode | SectionCharacteristics.MemExecute | SectionCharacteristics.MemRead)];

        protected override BlobBuilder SerializeSection(string name, SectionLocation location)
        {
            var code = new BlobBuilder();
            code.WriteByte(0xC3);
            return code;
        }

        protected override PEDirectoriesBuilder GetDirectories() => new();
    }
}
