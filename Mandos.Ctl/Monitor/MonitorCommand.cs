using System.Reflection;
using Mandos.Ctl.Servers.Locating;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Monitor;

/// <summary>The program <c>mandos-monitor</c>, described in mandos-monitor(8).</summary>
internal static class MonitorCommand
{
    private const int BadUsage = 2;
    private const string SocketIs = "--socket=";

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its exit status: 2 for a bad command line or no terminal, 0 otherwise.</returns>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        string? socket = null;
        switch (arguments)
        {
            case []:
                break;
            case ["--socket", { Length: > 0 } path]:
                socket = path;
                break;
            case [{ } option] when option.StartsWith(SocketIs, StringComparison.Ordinal):
                socket = option[SocketIs.Length..];
                break;
            case ["--help" or "-h"]:
                Console.WriteLine("""
                    usage: mandos-monitor [--socket PATH]

                    Shows the clients of the Mandos server, and what happens to them; see mandos-monitor(8).

                    options:
                          --socket PATH              use the server by the socket of its web API, not by D-Bus
                    """);
                return 0;
            case ["--version"]:
                Console.WriteLine($"mandos-monitor {typeof(MonitorCommand).Assembly
                    .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]}");
                return 0;
            default:
                return Fail($"takes no arguments but --socket PATH, and got {SafeText.From(arguments[0])}");
        }

        if (Console.IsInputRedirected || Console.IsOutputRedirected)
        {
            return Fail("needs a terminal; for a list of the clients use mandos-ctl");
        }

        if (Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
        {
            return Fail("needs a terminal that can move its cursor, and says so in the environment variable TERM");
        }

        using var session = new MonitorSession(new ServerLocation(socket, null), TimeProvider.System);
        await session.RunAsync(cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private static int Fail(string reason)
    {
        Console.Error.WriteLine($"mandos-monitor: {reason}");
        return BadUsage;
    }
}
