using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerFping;
using Mandos.TestKit;

namespace Mandos.Bench;

/// <summary>How many shell checks a second, and what they cost.</summary>
internal static class ShellChecks
{
    public static async Task RunAsync(string[] args)
    {
        int checks = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5000;
        int atOnce = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 20;
        string command = args.Length > 2 ? args[2] : "true %(host)s";

        ShellChecker checker = new(new TestPluginContext());
        ClientSnapshot client = new()
        {
            Name = "bench",
            Settings = new() { Host = "localhost", Checker = command },
            Created = DateTimeOffset.UnixEpoch,
        };

        await RunAsync(200);
        (double serverBefore, double childrenBefore) = Cpu();
        long start = Stopwatch.GetTimestamp();
        await RunAsync(checks);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        (double serverAfter, double childrenAfter) = Cpu();

        double server = serverAfter - serverBefore;
        double children = childrenAfter - childrenBefore;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {checks} checks, {atOnce} at once, {Environment.ProcessorCount} processors: {checks / seconds:F0} checks/s
            CPU of a check: {server / checks * 1e6:F0} us in the server, {children / checks * 1e6:F0} us in the children
            per core of CPU used: {checks / (server + children):F0} checks/s
            """));

        async Task RunAsync(int count)
        {
            int left = count;
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    CheckResult result = await checker.Prepare(client).RunAsync(CancellationToken.None);
                    if (!result.IsSuccess)
                    {
                        throw new InvalidOperationException($"a check failed: {result}");
                    }
                }
            }));
        }

        static (double Server, double Children) Cpu()
        {
            const int self = 0;
            const int ofChildren = -1;
            return (Native.Seconds(self), Native.Seconds(ofChildren));
        }
    }
}

internal static partial class Native
{
    /// <summary>User and system time of getrusage(2).</summary>
    public static double Seconds(int who)
    {
        // struct rusage begins with two times of seconds and microseconds; it has 144 bytes.
        long[] usage = new long[32];
        _ = getrusage(who, usage);
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, [Out] long[] usage);
}
