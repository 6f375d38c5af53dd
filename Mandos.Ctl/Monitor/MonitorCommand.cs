using System.Reflection;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Monitor;

/// <summary>The program <c>mandos-monitor</c>, described in mandos-monitor(8).</summary>
internal static class MonitorCommand
{
    private const int BadUsage = 2;

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit status: 2 for a bad command line or no terminal, 0 otherwise.</returns>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        switch (arguments)
        {
            case []:
                break;
            case ["--help" or "-h"]:
                Console.WriteLine("usage: mandos-monitor\n\nShows the clients of the Mandos server, and what happens to them; see mandos-monitor(8).");
                return 0;
            case ["--version"]:
                Console.WriteLine($"mandos-monitor {typeof(MonitorCommand).Assembly
                    .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]}");
                return 0;
            default:
                return Fail($"takes no arguments, but got {SafeText.From(arguments[0])}");
        }

        if (Console.IsInputRedirected || Console.IsOutputRedirected)
        {
            return Fail("needs a terminal; for a list of the clients use mandos-ctl");
        }

        if (Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
        {
            return Fail("needs a terminal that can move its cursor, and says so in the environment variable TERM");
        }

        using var session = new MonitorSession(TimeProvider.System);
        await session.RunAsync(cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"mandos-monitor: {reason}");
        return BadUsage;
    }
}
