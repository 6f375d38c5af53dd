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

    /// <param name="args">The other one's commit, or the root of its built checkout, and how many rounds, by default 7.</param>
    public static async Task RunAsync(string[] args)
    {
        string other = await BuildAsync(args.FirstOrDefault() ?? throw new ArgumentException("name the commit to compare with"));
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 7;
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Keys).Select(_ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        string few = string.Concat(keys.Select((key, i) => ServerUnderTest.Section($"client{i}", key.KeyId, "checker = true")));
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

            foreach ((int clients, int settled) in ((int, int)[])[(1, 3), (10_000, 12), (100_000, 20)])
            {
                await using ServerUnderTest server = await ServerUnderTest.StartAsync(root, Clients(clients));
                Add(isThis, $"start, {clients} clients, s", server.StartTime.TotalSeconds);
                Add(isThis, $"CPU of the start, {clients} clients, s", server.CpuTime.TotalSeconds);
                await Task.Delay(TimeSpan.FromSeconds(settled), TimeProvider.System); // the first save is over, and what it took is given back
                Add(isThis, $"memory, {clients} clients, MB", server.ResidentBytes / 1e6);
            }
        }

        static string Clients(int count) => "[DEFAULT]\ninterval = PT1H\nchecker = true\n" + string.Concat(Enumerable.Range(0, count).Select(
            static i => ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));

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

    /// <summary>Builds a commit in a folder of its own, which stays, so that it is done once.</summary>
    /// <param name="commit">A commit, or the root of a checkout that is built already.</param>
    /// <returns>The root of the built checkout.</returns>
    private static async Task<string> BuildAsync(string commit)
    {
        if (Directory.Exists(commit))
        {
            return Path.GetFullPath(commit);
        }

        string root = Path.Combine(Repository.Root, "artifacts/compare", commit);
        if (!File.Exists(Path.Combine(root, "artifacts/mandos/mandos")))
        {
            Console.WriteLine($"building {commit} in {root}");
            await Command.RequireAsync("git", "clone", "--quiet", "--no-checkout", Repository.Root, root);
            await Command.RequireAsync("git", "-C", root, "checkout", "--quiet", "--detach", commit);
            CommandResult built = await Command.RunAsync(Command.Describe(Path.Combine(root, "build"), []), "", TimeSpan.FromMinutes(20));
            if (built.ExitCode != 0)
            {
                throw new InvalidOperationException($"{commit} cannot be built: {built.Errors}{built.Output}");
            }
        }

        return root;
    }
}
