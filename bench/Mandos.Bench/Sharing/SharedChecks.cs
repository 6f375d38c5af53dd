using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.Bench.Load;
using Mandos.TestKit.Control;
using Mandos.TestKit.Daemons;

namespace Mandos.Bench.Sharing;

/// <summary>Two servers that check many clients, each every two minutes, and share what they find; then how soon a disable holds at both.</summary>
internal static class SharedChecks
{
    private const int Disables = 100;

    private static readonly TimeSpan _startLimit = TimeSpan.FromMinutes(10);

    /// <param name="args">How many clients, by default 100,000, and for how many minutes, by default 60.</param>
    public static async Task RunAsync(string[] args)
    {
        int clients = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
        int minutes = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
        var text = new StringBuilder("[DEFAULT]\ninterval = PT2M\ntimeout = PT5M\nchecker_plugin = alive\n");
        for (int i = 0; i < clients; i++)
        {
            text.Append(ServerUnderTest.Section(NameOf(i), Convert.ToHexString(RandomNumberGenerator.GetBytes(32))));
        }

        await using SharedServers servers = await SharedServers.PrepareAsync();
        (ServerUnderTest one, TestControlClient first) = await StartAsync("one", 1);
        await using ServerUnderTest endOne = one;
        using TestControlClient endFirst = first;
        (ServerUnderTest other, TestControlClient second) = await StartAsync("other", 2);
        await using ServerUnderTest endOther = other;
        using TestControlClient endSecond = second;

        await using var syncs = SyncWatch.Start(servers.Database);
        Console.WriteLine(
            $"{"minute",-7} {"checks/s",9} {"CPU % one",10} {"other",7} {"database",9} {"machine",8} {"MB one",7} {"other",6} {"database",9} {"WAL B/row",10} {"no pages",9} "
            + $"{"HOT %",6} {"table MB",9} {"index MB",9} {"between syncs ms: median",25} {"p99",6} {"longest",8} {"disabled",9}");
        Sample start = await SampleAsync();
        Sample last = start;
        for (int minute = 1; minute <= minutes; minute++)
        {
            await Task.Delay(TimeSpan.FromMinutes(1), TimeProvider.System);
            Sample now = await SampleAsync();
            Print($"{minute}", last, now, syncs.TakeGaps());
            last = now;
        }

        Print("all", start, last, syncs.All);
        await DisableAsync();

        async Task<(ServerUnderTest, TestControlClient)> StartAsync(string name, int count)
        {
            (TimeSpan database, long begun) = (servers.DatabaseCpu, Stopwatch.GetTimestamp());
            (ServerUnderTest server, TestControlClient control) = await servers.StartSteeredAsync(name, text.ToString());
            while (await NumberAsync("SELECT count(*) FROM mandos.file_settings") < count * (long)clients
                || await NumberAsync("SELECT count(*) FROM mandos.server WHERE confirmed = (SELECT revision FROM mandos.meta)") < count)
            {
                if (Stopwatch.GetElapsedTime(begun) > _startLimit)
                {
                    throw new TimeoutException($"server {name} does not get ready");
                }

                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"server {name} with {clients} clients: all is in the store after {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s; CPU s: {server.CpuTime.TotalSeconds:F1}, "
                + $"{(servers.DatabaseCpu - database).TotalSeconds:F1} the database"));
            return (server, control);
        }

        async Task<Sample> SampleAsync()
        {
            string[] row = (await servers.Database.QueryAsync(
                """
                SELECT w.wal_bytes, w.wal_fpi, t.n_tup_upd, t.n_tup_hot_upd, pg_table_size('mandos.liveness'), pg_indexes_size('mandos.liveness'),
                    (SELECT count(*) FROM mandos.client WHERE NOT enabled)
                FROM pg_stat_wal w, pg_stat_user_tables t WHERE t.relid = 'mandos.liveness'::regclass
                """,
                MandosDatabase.Name)).Split('|');
            long[] numbers = Array.ConvertAll(row, static cell => long.Parse(cell, CultureInfo.InvariantCulture));
            return new Sample(
                Stopwatch.GetTimestamp(), one.CpuTime, other.CpuTime, servers.DatabaseCpu, MachineCpu(), one.ResidentBytes, other.ResidentBytes, servers.DatabaseBytes,
                numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]);
        }

        async Task<long> NumberAsync(string query)
            => long.Parse(await servers.Database.QueryAsync(query, MandosDatabase.Name), CultureInfo.InvariantCulture);

        async Task DisableAsync()
        {
            var random = new Random(1);
            var times = new List<double>();
            for (int i = 0; i < Disables; i++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1000)), TimeProvider.System); // wherever the syncs are
                long begun = Stopwatch.GetTimestamp();
                await (i % 2 == 0 ? first : second).DisableAsync(NameOf(i * (clients / Disables)), CancellationToken.None);
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }

            times.Sort();
            long stored = await NumberAsync("SELECT count(*) FROM mandos.client WHERE NOT enabled");
            (int atFirst, int atSecond) = (await DisabledAtAsync(first), await DisabledAtAsync(second));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Disables} disables, until each holds at both servers, ms: median {times[Disables / 2]:F0}, p99 {times[Disables * 99 / 100]:F0}, "
                + $"least {times[0]:F0}; disabled then: {stored} in the store, {atFirst} and {atSecond} at the servers"));
        }

        static async Task<int> DisabledAtAsync(TestControlClient control)
            => (await control.GetClientsAsync(CancellationToken.None)).Count(static client => !client.Enabled);
    }

    private static string NameOf(int client) => $"client{client}";

    private static void Print(string minute, Sample before, Sample after, IReadOnlyList<double> gaps)
    {
        double seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        double rows = after.Rows - before.Rows;
        double[] sorted = [.. gaps.Order()];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{minute,-7} {rows / seconds,9:F0} {Share(before.One, after.One),10:F1} {Share(before.Other, after.Other),7:F1} {Share(before.Database, after.Database),9:F1} "
            + $"{Share(before.Machine, after.Machine),8:F0} {after.OneBytes / 1e6,7:F0} {after.OtherBytes / 1e6,6:F0} {after.DatabaseBytes / 1e6,9:F0} "
            + $"{(after.Wal - before.Wal) / rows,10:F0} {after.WalPages - before.WalPages,9} {100 * (after.HotRows - before.HotRows) / rows,6:F1} "
            + $"{after.TableBytes / 1e6,9:F1} {after.IndexBytes / 1e6,9:F1} {Part(0.5),25:F0} {Part(0.99),6:F0} {Part(1),8:F0} {after.Disabled,9}"));

        double Share(TimeSpan from, TimeSpan to) => 100 * (to - from).TotalSeconds / seconds;

        double Part(double part) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
    }

    /// <summary>What all processors of the machine have been busy for, with what else it does.</summary>
    private static TimeSpan MachineCpu()
    {
        long[] ticks = [.. File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(static cell => long.Parse(cell, CultureInfo.InvariantCulture))];
        const int Idle = 3;
        const int WaitsForDisk = 4;
        const int Counted = 8; // what follows is in these
        return TimeSpan.FromSeconds((ticks.Take(Counted).Sum() - ticks[Idle] - ticks[WaitsForDisk]) / 100.0);
    }

    private sealed record Sample(
        long At, TimeSpan One, TimeSpan Other, TimeSpan Database, TimeSpan Machine, long OneBytes, long OtherBytes, long DatabaseBytes,
        long Wal, long WalPages, long Rows, long HotRows, long TableBytes, long IndexBytes, long Disabled);
}
