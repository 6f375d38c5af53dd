using System.Globalization;
using Mandos.TestKit;

namespace Mandos.Bench.Load;

/// <summary>A change of all clients by mandos-ctl, by this build and by another one, in turns.</summary>
internal static class AllClients
{
    /// <param name="args">The root of the other one's built checkout; how many clients, by default 100,000; how many rounds, by default 5.</param>
    public static async Task RunAsync(string[] args)
    {
        string other = Path.GetFullPath(args.FirstOrDefault() ?? throw new ArgumentException("name the root of the checkout to compare with"));
        int clients = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;
        int rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 5;
        var figures = new Dictionary<string, (List<double> Other, List<double> This)>();
        for (int round = 0; round < rounds; round++)
        {
            foreach (bool isThis in round % 2 == 0 ? (bool[])[false, true] : [true, false])
            {
                await MeasureAsync(isThis, isThis ? Repository.Root : other);
            }
        }

        Console.WriteLine($"{"median of " + rounds,-40} {"other",10} {"this",10} {"this / other",12}");
        foreach ((string name, (List<double> before, List<double> after)) in figures)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name,-40} {Median(before),10:F3} {Median(after),10:F3} {Median(after) / Median(before),12:F3}"));
        }

        async Task MeasureAsync(bool isThis, string root)
        {
            await using Tools.Scene scene = await Tools.Scene.StartAsync(root, clients);
            await Tools.UseAsync(root, scene, "--names"); // until the bus has heard of all
            foreach (string change in (string[])["--approval-delay=PT1S", "--disable"])
            {
                TimeSpan cpu = scene.Server.CpuTime;
                (double seconds, double ctl, double megabytes, _) = await Tools.UseAsync(root, scene, change, "--all");
                Add($"{change} --all, s", seconds);
                Add($"{change} --all, CPU of the server, s", (scene.Server.CpuTime - cpu).TotalSeconds);
                Add($"{change} --all, CPU of mandos-ctl, s", ctl);
                Add($"{change} --all, memory of mandos-ctl, MB", megabytes);
                Add($"{change} --all, server after it, MB", scene.Server.ResidentBytes / 1e6);
            }

            void Add(string name, double value)
            {
                if (!figures.TryGetValue(name, out (List<double> Other, List<double> This) both))
                {
                    figures[name] = both = ([], []);
                }

                (isThis ? both.This : both.Other).Add(value);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {(isThis ? "this" : "other"),-6} {name,-50} {value,10:F3}"));
            }
        }

        static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }
}
