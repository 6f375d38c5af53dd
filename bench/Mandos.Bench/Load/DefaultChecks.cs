using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.TestKit;

namespace Mandos.Bench.Load;

/// <summary>
/// What a check by the default command costs, of hosts that answer and of hosts that do not, with the real fping. Runs in a network namespace of
/// its own, where all of 127.0.0.0/8 answers, and nothing of 10.0.0.0/8.
/// </summary>
internal static class DefaultChecks
{
    private static readonly TimeSpan _measured = TimeSpan.FromSeconds(20);

    /// <param name="args">
    /// The root of another built checkout to compare with, or "-" for none; how many hosts, by default 1000; seconds between two checks of
    /// one, by default 2; how many rounds, by default 3.
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        string? other = args.FirstOrDefault() is null or "-" ? null : Path.GetFullPath(args[0]);
        int hosts = Number(1, 1000);
        int interval = Number(2, 2);
        int rounds = Number(3, 3);
        await PrepareNetworkAsync();
        string programs = CopyFping();
        Console.WriteLine(
            $"{"",-22} {"checks/s",10} {"server ms",10} {"children ms",12} {"together ms",12} {"late",6}");
        Dictionary<(bool, bool), List<double>> figures = [];
        for (int round = 0; round < rounds; round++)
        {
            foreach (bool isSilent in (bool[])[false, true])
            {
                foreach (bool isThis in other is null ? (bool[])[true] : round % 2 == 0 ? [false, true] : [true, false])
                {
                    double cost = await MeasureAsync(programs, isThis ? Repository.Root : other!, isThis ? "this" : "other", hosts, interval, isSilent, _measured);
                    figures.TryAdd((isSilent, isThis), []);
                    figures[(isSilent, isThis)].Add(cost);
                }
            }
        }

        Directory.Delete(programs, recursive: true);
        foreach (bool isSilent in other is null ? (bool[])[] : [false, true])
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Hosts(isSilent)}: this / other = {Median(figures[(isSilent, true)]) / Median(figures[(isSilent, false)]):F3} (medians)"));
        }

        int Number(int index, int usual) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : usual;

        static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }

    /// <summary>Measures one build.</summary>
    /// <returns>Milliseconds of CPU time for a check, of the server and its children.</returns>
    internal static async Task<double> MeasureAsync(string programs, string root, string name, int hosts, int interval, bool isSilent, TimeSpan time)
    {
        int network = isSilent ? 10 : 127;
        var text = new StringBuilder($"[DEFAULT]\ninterval = PT{interval}S\ntimeout = PT1H\n");
        for (int i = 0; i < hosts; i++)
        {
            string key = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            text.Append(CultureInfo.InvariantCulture, $"[client{i}]\nhost = {network}.{1 + (i / 62500)}.{i / 250 % 250}.{1 + (i % 250)}\nkey_id = {key}\n");
            text.Append(CultureInfo.InvariantCulture, $"secret = {Convert.ToBase64String(ServerUnderTest.Secret)}\n");
        }

        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            root, text.ToString(), prepare: (start, _) => start.Environment["PATH"] = $"{programs}:{start.Environment["PATH"]}");
        // Silent ones all come together once in their interval.
        await Task.Delay(TimeSpan.FromSeconds(10 + interval), TimeProvider.System);
        (TimeSpan cpu, TimeSpan children, long pings) before = (server.CpuTime, server.ChildCpuTime, Pings());
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(time, TimeProvider.System);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        (TimeSpan cpu, TimeSpan children, long pings) after = (server.CpuTime, server.ChildCpuTime, Pings());
        double checks = (after.pings - before.pings) / (isSilent ? 4.0 : 1.0);
        double serverCost = (after.cpu - before.cpu).TotalMilliseconds / checks;
        double childrenCost = (after.children - before.children).TotalMilliseconds / checks;
        // A check that is not begun when it is due is a ping that is missing.
        double late = isSilent ? double.NaN : 1 - (checks / seconds / ((double)hosts / interval));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name + ", " + Hosts(isSilent),-22} {checks / seconds,10:F0} {serverCost,10:F3} {childrenCost,12:F3} {serverCost + childrenCost,12:F3} {late,6:P1}"));
        return serverCost + childrenCost;
    }

    /// <summary>Makes this network namespace one in which all of 127.0.0.0/8 answers, and nothing of 10.0.0.0/8.</summary>
    internal static async Task PrepareNetworkAsync()
    {
        foreach (string line in (string[])
            [
                "link set lo up", "link add silent type veth peer name nowhere", "link set silent arp off", "link set silent up", "link set nowhere arp off",
                "link set nowhere up", "address add 10.255.255.254/8 dev silent",
            ])
        {
            await Command.RequireAsync("ip", line.Split(' '));
        }
    }

    /// <summary>Makes a directory with an fping that a server which is not root can use: it needs the right to raw sockets.</summary>
    internal static string CopyFping()
    {
        string programs = Directory.CreateTempSubdirectory("mandos-bench-").FullName;
        File.SetUnixFileMode(programs, File.GetUnixFileMode(programs) | UnixFileMode.OtherExecute);
        string fping = Path.Combine(programs, "fping");
        File.Copy(Path.Combine(Repository.Peers, "usr/bin/fping"), fping);
        File.SetUnixFileMode(fping, File.GetUnixFileMode(fping) | UnixFileMode.SetUser);
        return programs;
    }

    private static string Hosts(bool isSilent) => isSilent ? "silent" : "answering";

    /// <summary>Echo requests that have been sent in this namespace.</summary>
    private static long Pings()
    {
        string[] lines = [.. File.ReadLines("/proc/self/net/snmp").Where(static line => line.StartsWith("Icmp: ", StringComparison.Ordinal))];
        int field = Array.IndexOf(lines[0].Split(' '), "OutEchos");
        return long.Parse(lines[1].Split(' ')[field], CultureInfo.InvariantCulture);
    }
}
