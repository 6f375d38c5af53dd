using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.Bus;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Load;

/// <summary>Load on the published server and its tools. See docs/testing.md.</summary>
internal static class ServerLoad
{
    private static readonly string _root = Repository.Root;

    /// <param name="args">The measurements; all of them by default.</param>
    public static async Task RunAsync(string[] args)
    {
        string[] all = ["fetch", "held", "start", "checks", "reload", "bus", "first", "hostile", "silent", "ctl", "monitor"];
        string[] chosen = args.Length > 0 ? args : all;
        foreach (string measurement in chosen)
        {
            await (measurement switch
            {
                "fetch" => FetchAsync(),
                "held" => HeldAsync(),
                "start" => StartAsync(),
                "checks" => ChecksAsync(),
                "reload" => ReloadAsync(),
                "bus" => BusAsync(),
                "first" => Strangers.FirstAsync(_root),
                "hostile" => Strangers.HostileAsync(_root),
                "silent" => Strangers.SilentAsync(_root),
                "ctl" => Tools.CtlAsync(_root),
                "monitor" => Tools.MonitorAsync(_root),
                _ => throw new ArgumentException($"there is no measurement “{measurement}”; there are {string.Join(", ", all)}"),
            });
        }
    }

    /// <summary>Secrets a second and CPU time of each, at several numbers of clients at once.</summary>
    private static async Task FetchAsync()
    {
        const int Clients = 64;
        const int Fetches = 4000;
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Clients).Select(_ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        string clientsConf = string.Concat(keys.Select((key, i) => ServerUnderTest.Section($"client{i}", key.KeyId, "checker = true")));
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(_root, clientsConf);
        Row("secrets", "at once", "secrets/s", "server CPU ms/secret", "p50 ms", "p99 ms", "failed");
        await FetchAllAsync(server, keys, 64, 1000); // warm both sides
        foreach (int concurrency in (int[])[1, 8, 64, 256])
        {
            TimeSpan cpuBefore = server.CpuTime;
            long start = Stopwatch.GetTimestamp();
            (double[] times, int failed) = await FetchAllAsync(server, keys, concurrency, Fetches);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double cpu = (server.CpuTime - cpuBefore).TotalMilliseconds / Fetches;
            Array.Sort(times);
            Row("", concurrency, Fetches / seconds, cpu, times[Fetches / 2], times[Fetches * 99 / 100], failed);
        }

        Console.WriteLine($"memory after {4 * Fetches + 1000} secrets: {server.ResidentBytes / 1e6:F1} MB");
    }

    internal static async Task<(double[] Milliseconds, int Failed)> FetchAllAsync(ServerUnderTest server, PeerKeyPair[] keys, int concurrency, int count)
    {
        var times = new double[count];
        int next = -1;
        int failed = 0;
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
            {
                long start = Stopwatch.GetTimestamp();
                PeerOutcome outcome = await MandosPeer.FetchAsync(
                    server.EndPoint, new PeerOptions(keys[i % keys.Length]), CancellationToken.None);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                if (!outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret))
                {
                    Interlocked.Increment(ref failed);
                }
            }
        })));
        return (times, failed);
    }

    /// <summary>Memory of connections that wait for approval.</summary>
    private static async Task HeldAsync()
    {
        const int Connections = 10_000;
        PeerKeyPair key = PeerKeyPair.Create(PeerKeyKind.Ed25519);
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            _root, ServerUnderTest.Section("held", key.KeyId, "approval_delay = PT2M\nchecker = true"), "waits for approval");
        long before = server.ResidentBytes;
        int fetched = 0;
        long start = Stopwatch.GetTimestamp();
        Task[] peers = [.. Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            PeerOutcome outcome = await MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(key), CancellationToken.None);
            if (outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret))
            {
                Interlocked.Increment(ref fetched);
            }
        }))];
        while (server.LinesSeen < Connections && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(110))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Row("held", "connections", "held after s", "MB before", "KB each", "idle CPU ms/s", "got the secret");
        double heldAfter = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long after = server.ResidentBytes;
        int held = server.LinesSeen;
        TimeSpan cpu = server.CpuTime;
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        double idle = (server.CpuTime - cpu).TotalMilliseconds / 5;
        await Task.WhenAll(peers);
        Row("", held, heldAfter, before / 1e6, (after - before) / 1e3 / held, idle, fetched);
    }

    /// <summary>Time to start and memory, by number of clients.</summary>
    private static async Task StartAsync()
    {
        Row("start", "clients", "median s", "", "memory MB", "", "");
        foreach (int clients in (int[])[1, 10_000, 100_000])
        {
            var text = new StringBuilder("[DEFAULT]\ninterval = PT1H\n");
            for (int i = 0; i < clients; i++)
            {
                text.Append(ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32))));
            }

            var times = new List<double>();
            double memory = 0;
            for (int run = 0; run < 3; run++)
            {
                await using ServerUnderTest server = await ServerUnderTest.StartAsync(_root, text.ToString());
                times.Add(server.StartTime.TotalSeconds);
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
                memory = server.ResidentBytes / 1e6;
            }

            times.Sort();
            Row("", clients, times[1], "", memory, "", "");
        }
    }

    /// <summary>Checks a second by the whole server with the shell checker.</summary>
    private static async Task ChecksAsync()
    {
        const int Clients = 2000;
        const int Seconds = 10;
        string counter = Path.GetTempFileName();
        var text = new StringBuilder($"[DEFAULT]\ninterval = PT1S\nchecker = echo >>{counter}\n");
        for (int i = 0; i < Clients; i++)
        {
            text.Append(ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32))));
        }

        await using ServerUnderTest server = await ServerUnderTest.StartAsync(_root, text.ToString());
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        long before = new FileInfo(counter).Length;
        TimeSpan cpuBefore = server.CpuTime;
        TimeSpan childrenBefore = server.ChildCpuTime;
        long start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(Seconds), TimeProvider.System);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double checks = new FileInfo(counter).Length - before;
        double server1 = (server.CpuTime - cpuBefore).TotalSeconds;
        double children = (server.ChildCpuTime - childrenBefore).TotalSeconds;
        Row("checks", "asked/s", "done/s", "server CPU ms", "children CPU ms", "done/s per core used", "");
        Row("", Clients, checks / seconds, server1 / checks * 1e3, children / checks * 1e3, checks / (server1 + children), "");
        File.Delete(counter);
    }

    /// <summary>Time to re-read 100,000 clients, and what a client notices of it.</summary>
    private static async Task ReloadAsync()
    {
        const int Clients = 100_000;
        PeerKeyPair key = PeerKeyPair.Create(PeerKeyKind.Ed25519);
        string asking = ServerUnderTest.Section("asking", key.KeyId);
        string before = Many("before") + asking;
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            _root, "[DEFAULT]\ninterval = PT1H\n" + before, "Configuration re-read: ");
        Row("reload", "of 100,001 clients", "s", "server CPU s", "longest fetch ms", "memory MB", "");
        await MeasureAsync("nothing", "interval = PT1H\n" + before);
        await MeasureAsync("nothing, again", "interval = PT1H\n" + before);
        await MeasureAsync("every timeout", "interval = PT1H\ntimeout = PT10M\n" + before);
        await MeasureAsync("every interval", "interval = PT2H\ntimeout = PT10M\n" + before);
        await MeasureAsync("other clients", "interval = PT2H\ntimeout = PT10M\n" + Many("after") + asking);

        static string Many(string name) => string.Concat(Enumerable.Range(0, Clients).Select(
            i => ServerUnderTest.Section($"{name}{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));

        async Task MeasureAsync(string change, string clientsConf)
        {
            server.Configure("[DEFAULT]\n" + clientsConf);
            int seen = server.LinesSeen;
            TimeSpan cpu = server.CpuTime;
            long start = Stopwatch.GetTimestamp();
            server.HangUp();
            double longest = 0;
            while (server.LinesSeen == seen)
            {
                long asked = Stopwatch.GetTimestamp();
                await MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(key), CancellationToken.None);
                longest = Math.Max(longest, Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Row("", change, seconds, (server.CpuTime - cpu).TotalSeconds, longest, server.ResidentBytes / 1e6, "");
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System); // until all is saved
        }
    }

    /// <summary>How long fetches take while the bus is told of all clients.</summary>
    private static async Task BusAsync()
    {
        const int Clients = 10_000;
        const int Calls = 20;
        TimeSpan pause = TimeSpan.FromMilliseconds(500);
        PeerKeyPair key = PeerKeyPair.Create(PeerKeyKind.Ed25519);
        string clientsConf = "[DEFAULT]\ninterval = P1D\ntimeout = P2D\n" + string.Concat(Enumerable.Range(0, Clients).Select(
            i => ServerUnderTest.Section($"client{i}", i == 0 ? key.KeyId : Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));
        await using DBusDaemon bus = await DBusDaemon.StartAsync(DBusDaemon.OpenRules + DBusDaemon.UsualLimits);
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(_root, clientsConf, busAddress: bus.Address);
        await using var caller = new BusConnection(new BusOptions(bus.Address));
        await caller.ConnectAsync(CancellationToken.None);
        while (await caller.GetNameOwnerAsync("se.bsnet.fukt.Mandos") is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        await CallAsync(); // the first one waits until all clients are announced

        using var stop = new CancellationTokenSource();
        var fetches = new List<(long Start, long End)>();
        Task fetching = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                long start = Stopwatch.GetTimestamp();
                PeerOutcome outcome = await MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(key), CancellationToken.None);
                if (!outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret))
                {
                    throw new InvalidOperationException($"no secret: {outcome.Ending} {outcome.Detail}");
                }

                lock (fetches)
                {
                    fetches.Add((start, Stopwatch.GetTimestamp()));
                }

                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        })));
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var calls = new List<(long Start, long End)>();
        for (int i = 0; i < Calls; i++)
        {
            await Task.Delay(pause, TimeProvider.System);
            long start = Stopwatch.GetTimestamp();
            await CallAsync();
            calls.Add((start, Stopwatch.GetTimestamp()));
        }

        await stop.CancelAsync();
        await fetching;
        ILookup<bool, double> times = fetches.ToLookup(
            fetch => calls.Any(call => fetch.Start < call.End && call.Start < fetch.End),
            fetch => Stopwatch.GetElapsedTime(fetch.Start, fetch.End).TotalMilliseconds);
        double[] callTimes = [.. calls.Select(call => Stopwatch.GetElapsedTime(call.Start, call.End).TotalMilliseconds).Order()];
        Row("bus", "clients", "call, median ms", "call, longest ms", "fetch p99 ms, no call", "fetch p99 ms, in a call", "fetches in a call");
        Row("", Clients, callTimes[Calls / 2], callTimes[^1], Percentile99(times[false]), Percentile99(times[true]), times[true].Count());

        static double Percentile99(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return sorted.Length == 0 ? double.NaN : sorted[sorted.Length * 99 / 100];
        }

        Task CallAsync() => caller.CallAsync(
            "se.recompile.Mandos", "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", null, null, static _ => true);
    }

    private static void Row(params object[] cells) => Console.WriteLine(string.Concat(cells.Select((cell, i) =>
    {
        string text = cell is double number ? number.ToString(number < 10 ? "F3" : "F1", CultureInfo.InvariantCulture)
            : Convert.ToString(cell, CultureInfo.InvariantCulture)!;
        return i == 0 ? text.PadRight(9) : text.PadLeft(24);
    })));
}
