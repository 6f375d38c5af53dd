using System.Globalization;
using Mandos.Bench.Load;
using Mandos.TestKit;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Sharing;

/// <summary>CPU time of a secret with the shared store beside that with SQLite, in turns: what else the machine does meets both.</summary>
internal static class SharedSecrets
{
    private const int Keys = 64;
    private const int Fetches = 1000;

    /// <param name="args">How many rounds, by default 9.</param>
    public static async Task RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 9;
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Keys).Select(_ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        string clientsConf = string.Concat(keys.Select((key, i) => ServerUnderTest.Section($"client{i}", key.KeyId, "checker = true")));
        await using SharedServers servers = await SharedServers.PrepareAsync();
        await using ServerUnderTest alone = await ServerUnderTest.StartAsync(Repository.Root, clientsConf);
        await using ServerUnderTest sharing = await servers.StartAsync("one", clientsConf);
        while ((await ServerLoad.FetchAllAsync(sharing, keys, 1, Keys)).Failed > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System); // until the store has told of the clients
        }

        for (int i = 0; i < 4; i++) // warm both sides
        {
            await ServerLoad.FetchAllAsync(alone, keys, 64, Fetches);
            await ServerLoad.FetchAllAsync(sharing, keys, 64, Fetches);
        }

        (TimeSpan idleAlone, TimeSpan idleSharing, TimeSpan idleDatabase) = (alone.CpuTime, sharing.CpuTime, servers.DatabaseCpu);
        const int Idle = 20;
        await Task.Delay(TimeSpan.FromSeconds(Idle), TimeProvider.System);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"without secrets, CPU ms/s: {(alone.CpuTime - idleAlone).TotalMilliseconds / Idle:F1} with SQLite, "
            + $"{(sharing.CpuTime - idleSharing).TotalMilliseconds / Idle:F1} shared, {(servers.DatabaseCpu - idleDatabase).TotalMilliseconds / Idle:F1} the database"));
        Console.WriteLine($"{"at once",-8} {"SQLite ms",10} {"shared ms",10} {"database ms",12} {"shared / SQLite",16}   of single rounds {"failed",8}");
        foreach (int atOnce in (int[])[1, 8, 64])
        {
            var figures = new List<(double Alone, double Sharing, double Database)>();
            int failed = 0;
            for (int round = 0; round < rounds; round++)
            {
                (double Server, double Database) first = await MeasureAsync(round % 2 == 0 ? alone : sharing);
                (double Server, double Database) second = await MeasureAsync(round % 2 == 0 ? sharing : alone);
                figures.Add(round % 2 == 0 ? (first.Server, second.Server, second.Database) : (second.Server, first.Server, first.Database));
            }

            double[] ratios = [.. figures.Select(static pair => pair.Sharing / pair.Alone).Order()];
            (double sqlite, double shared) = (Median(figures.Select(static pair => pair.Alone)), Median(figures.Select(static pair => pair.Sharing)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{atOnce,-8} {sqlite,10:F3} {shared,10:F3} {figures.Average(static pair => pair.Database),12:F3} {shared / sqlite,16:F3}   "
                + $"{ratios[0]:F2} {ratios[rounds / 2]:F2} {ratios[^1]:F2}   {failed,8}"));

            async Task<(double Server, double Database)> MeasureAsync(ServerUnderTest server)
            {
                (TimeSpan cpu, TimeSpan database) = (server.CpuTime, servers.DatabaseCpu);
                failed += (await ServerLoad.FetchAllAsync(server, keys, atOnce, Fetches)).Failed;
                return ((server.CpuTime - cpu).TotalMilliseconds / Fetches, (servers.DatabaseCpu - database).TotalMilliseconds / Fetches);
            }
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
