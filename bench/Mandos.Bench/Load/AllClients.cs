using System.Globalization;

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
        var figures = new SideBySide(other);
        await figures.RunAsync(rounds, MeasureAsync);
        figures.Print();

        async Task MeasureAsync(string root, Action<string, double> add)
        {
            await using Tools.Scene scene = await Tools.Scene.StartAsync(root, clients);
            await Tools.UseAsync(root, scene, "--names"); // until the bus has heard of all
            foreach (string change in (string[])["--approval-delay=PT1S", "--disable"])
            {
                TimeSpan cpu = scene.Server.CpuTime;
                (double seconds, double ctl, double megabytes, _) = await Tools.UseAsync(root, scene, change, "--all");
                add($"{change} --all, s", seconds);
                add($"{change} --all, CPU of the server, s", (scene.Server.CpuTime - cpu).TotalSeconds);
                add($"{change} --all, CPU of mandos-ctl, s", ctl);
                add($"{change} --all, memory of mandos-ctl, MB", megabytes);
                add($"{change} --all, server after it, MB", scene.Server.ResidentBytes / 1e6);
            }
        }
    }
}
