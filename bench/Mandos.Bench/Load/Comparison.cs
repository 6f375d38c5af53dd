using System.Globalization;
using System.Security.Cryptography;
using Mandos.TestKit;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Load;

/// <summary>This build's server beside another one, in turns: what else the machine does meets both.</summary>
internal static class Comparison
{
    private const int Keys = 64;
    private const int Fetches = 1500;

    /// <param name="args">The root of the other one's built checkout, and how many rounds, by default 7.</param>
    public static async Task RunAsync(string[] args)
    {
        string other = Path.GetFullPath(args.FirstOrDefault() ?? throw new ArgumentException("name the root of the checkout to compare with"));
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 7;
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Keys).Select(_ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        string few = string.Concat(keys.Select((key, i) => ServerUnderTest.Section($"client{i}", key.KeyId, "checker = true")));
        string many = "[DEFAULT]\ninterval = PT1H\nchecker = true\n" + string.Concat(Enumerable.Range(0, 10_000).Select(
            i => ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));
        var figures = new Dictionary<string, (List<double> Other, List<double> This)>();
        for (int round = 0; round < rounds; round++)
        {
            foreach (bool isThis in round % 2 == 0 ? (bool[])[false, true] : [true, false])
            {
                await MeasureAsync(isThis);
            }
        }

        Console.WriteLine($"{"median",-40} {"other",10} {"this",10} {"this / other",12}");
        foreach (var (name, (before, after)) in figures)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-40} {Median(before),10:F3} {Median(after),10:F3} {Median(after) / Median(before),12:F3}"));
        }

        async Task MeasureAsync(bool isThis)
        {
            string root = isThis ? Repository.Root : other;
            await using (ServerUnderTest server = await ServerUnderTest.StartAsync(root, few))
            {
                Add(isThis, "start, 64 clients, s", server.StartTime.TotalSeconds);
                Add(isThis, "CPU of the start, 64 clients, s", server.CpuTime.TotalSeconds);
                await ServerLoad.FetchAllAsync(server, keys, 64, 1000); // warm both sides
                foreach (int atOnce in (int[])[1, 8, 64, 256])
                {
                    TimeSpan cpu = server.CpuTime;
                    (_, int failed) = await ServerLoad.FetchAllAsync(server, keys, atOnce, Fetches);
                    Add(isThis, $"CPU a secret, {atOnce} at once, ms", (server.CpuTime - cpu).TotalMilliseconds / Fetches);
                    Add(isThis, $"failed, {atOnce} at once", failed);
                }

                Add(isThis, $"memory after {(4 * Fetches) + 1000} secrets, MB", server.ResidentBytes / 1e6);
            }

            await using (ServerUnderTest server = await ServerUnderTest.StartAsync(root, many))
            {
                Add(isThis, "start, 10,000 clients, s", server.StartTime.TotalSeconds);
                Add(isThis, "CPU of the start, 10,000 clients, s", server.CpuTime.TotalSeconds);
                await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
                Add(isThis, "memory, 10,000 clients, MB", server.ResidentBytes / 1e6);
            }
        }

        void Add(bool isThis, string name, double value)
        {
            if (!figures.TryGetValue(name, out var both))
            {
                figures[name] = both = ([], []);
            }

            (isThis ? both.This : both.Other).Add(value);
        }

        static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }
}
