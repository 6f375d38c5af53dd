namespace Mandos.BadPlugins;

/// <summary>A plugin of checkers that crash, hang and leave things behind, for <c>mandos --check</c> to find out.</summary>
public static class FaultyCheckers
{
    private const string Source = """
        using System.Diagnostics;
        using System.IO;

        [assembly: MandosPlugin(ContractVersion.Major, ContractVersion.Minor)]

        // A checker that would keep its contract, if it did not do wrong in one place.
        public abstract class FaultyChecker : IChecker
        {
            public virtual ICheck Prepare(ClientSnapshot client) => new Check();

            private sealed class Check : ICheck
            {
                public string Description => "waits";

                public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                    return CheckResult.Exited(0);
                }
            }
        }

        // Lets an exception go on a thread of its own.
        [ExportChecker("background")]
        public sealed class BackgroundChecker : FaultyChecker
        {
            public BackgroundChecker()
            {
                var thread = new Thread(() => throw new InvalidOperationException("nobody catches this"));
                thread.Start();
                thread.Join();
            }
        }

        // Has a thread that keeps its process alive.
        [ExportChecker("clinging")]
        public sealed class ClingingChecker : FaultyChecker
        {
            public ClingingChecker() => new Thread(() => Thread.Sleep(Timeout.Infinite)).Start();
        }

        // Takes its process with it.
        [ExportChecker("crashing")]
        public sealed class CrashingChecker : FaultyChecker
        {
            public override ICheck Prepare(ClientSnapshot client)
            {
                using var process = Process.GetCurrentProcess();
                process.Kill();
                return base.Prepare(client);
            }
        }

        // Is never made.
        [ExportChecker("hanging")]
        public sealed class HangingChecker : FaultyChecker
        {
            public HangingChecker() => Thread.Sleep(Timeout.Infinite);
        }

        // Leaves a process and a directory behind.
        [ExportChecker("littering")]
        public sealed class LitteringChecker : FaultyChecker
        {
            private static readonly Process _process = Process.Start("/bin/sh", ["-c", "sleep 4321 & exit"]);
            private static readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("litter-");

            public LitteringChecker() => (_process, _directory).GetHashCode();
        }

        // Throws what it may not.
        [ExportChecker("throwing")]
        public sealed class ThrowingChecker : FaultyChecker
        {
            public override ICheck Prepare(ClientSnapshot client) => throw new InvalidOperationException("this one\nthrows");
        }
        """;

    /// <summary>Writes the plugin into a plugin directory.</summary>
    public static void Write(string directory)
        => PluginCompiler.CompilePlugin(Path.Combine(directory, nameof(FaultyCheckers), $"{nameof(FaultyCheckers)}.dll"), Source);
}
