using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace StateSqlite.Tests;

/// <summary>Runs the tests, as xunit's own entry point does, or the program that <see cref="CrashTests"/> kills.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is [CrashTests.SaveForever, { } directory])
        {
            await CrashTests.SaveForeverAsync(directory);
        }

        return args.Contains("--server") || args.Contains("--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(args);
    }
}
