using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mandos.TestKit;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Load;

/// <summary>What a scrape of the metrics costs the published server, and what it costs the secrets meanwhile.</summary>
internal static class Scrapes
{
    private const int Fetchers = 64;
    private const int ScrapesARound = 100;
    private const int SecretsARound = 400;

    /// <summary>CPU time that a scrape may take.</summary>
    private static readonly TimeSpan _aim = TimeSpan.FromMilliseconds(50);

    /// <param name="args">The number of clients, and of rounds.</param>
    /// <returns>0 if a scrape costs no more than it may.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int clients = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 9;
        TimeSpan cost = TimeSpan.Zero;
        foreach (int count in (int[])[Fetchers, clients])
        {
            cost = await MeasureAsync(count, rounds);
        }

        return cost < _aim ? 0 : 1;
    }

    private static async Task<TimeSpan> MeasureAsync(int clients, int rounds)
    {
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Fetchers).Select(static _ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        string clientsConf = MakeClients(keys, clients);
        var listener = new IPEndPoint(IPAddress.Loopback, FreePort.Find());
        await using ServerUnderTest without = await ServerUnderTest.StartAsync(Repository.Root, clientsConf);
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            Repository.Root, clientsConf, prepare: (_, directory) => File.WriteAllText(
                Path.Combine(directory, "plugins.yaml"),
                $"plugins:\n  WebControl:\n    settings: {{socket: {directory}/state/web.sock, metrics: \"{listener}\"}}\n"));
        using var http = new HttpClient { BaseAddress = new Uri($"http://{listener}") };
        await UntilServedAsync(http);

        // Warm all of them
        int size = (await ScrapeAsync(http, ScrapesARound)).Length;
        await FetchAsync(without, keys);
        await FetchAsync(server, keys);

        List<(TimeSpan Cpu, TimeSpan Time)> scrapes = [];
        List<double> alone = [], beside = [], off = [], on = [];
        for (int i = 0; i < rounds; i++)
        {
            (TimeSpan cpu, long start) = (server.CpuTime, Stopwatch.GetTimestamp());
            await ScrapeAsync(http, ScrapesARound);
            scrapes.Add(((server.CpuTime - cpu) / ScrapesARound, Stopwatch.GetElapsedTime(start) / ScrapesARound));

            off.Add((await FetchAsync(without, keys)).Cpu);
            (double median, double cost) = await FetchAsync(server, keys);
            alone.Add(median);
            on.Add(cost);

            using var stop = new CancellationTokenSource();
            Task scraping = ScrapeUntilAsync(http, stop.Token);
            beside.Add((await FetchAsync(server, keys)).Median);
            await stop.CancelAsync();
            await scraping;
        }

        TimeSpan usual = Median(scrapes.Select(static one => one.Cpu));
        TimeSpan most = scrapes.Max(static one => one.Cpu);
        TimeSpan time = Median(scrapes.Select(static one => one.Time));
        Print($"{clients} clients: a scrape of {size / 1e3:F1} kB takes {usual.TotalMilliseconds:F2} ms of CPU (most {most.TotalMilliseconds:F2}), {time.TotalMilliseconds:F2} ms in all");
        Print($"  a secret takes {Median(alone):F2} ms; with scrapes one after another beside it {Median(beside):F2} ms: {Ratio(alone, beside):F2} times");
        Print($"  CPU for a secret: {Median(off):F3} ms without the listener; with it and no scrape {Median(on):F3} ms: {Ratio(off, on):F2} times");
        return usual;

        static double Ratio(List<double> before, List<double> after) => Median(before.Zip(after, static (a, b) => b / a));
    }

    private static string MakeClients(PeerKeyPair[] keys, int count)
    {
        // No two expire soon at the same time: that is the most that there is to count
        var text = new StringBuilder("[DEFAULT]\ninterval = P1D\nchecker = true\n");
        for (int i = 0; i < count; i++)
        {
            string key = i < keys.Length ? keys[i].KeyId : Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            text.Append(ServerUnderTest.Section($"client{i}", key, string.Create(CultureInfo.InvariantCulture, $"timeout = PT{604_800 + (20 * i)}S")));
        }

        return text.ToString();
    }

    /// <returns>The median time of a secret, and the CPU time that the server needs for it, in milliseconds.</returns>
    private static async Task<(double Median, double Cpu)> FetchAsync(ServerUnderTest server, PeerKeyPair[] keys)
    {
        TimeSpan cpu = server.CpuTime;
        (double[] times, int failed) = await ServerLoad.FetchAllAsync(server, keys, 1, SecretsARound);
        return failed == 0 ? (Median(times), (server.CpuTime - cpu).TotalMilliseconds / SecretsARound)
            : throw new InvalidOperationException($"{failed} of {SecretsARound} secrets were not given");
    }

    private static async Task<string> ScrapeAsync(HttpClient http, int count)
    {
        string text = "";
        for (int i = 0; i < count; i++)
        {
            text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        }

        return text;
    }

    private static async Task ScrapeUntilAsync(HttpClient http, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await ScrapeAsync(http, 1);
        }
    }

    private static async Task UntilServedAsync(HttpClient http)
    {
        for (long start = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await ScrapeAsync(http, 1);
                return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    private static T Median<T>(IEnumerable<T> values)
    {
        T[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Print(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}
