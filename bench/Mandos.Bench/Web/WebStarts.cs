using System.Diagnostics;
using System.Globalization;
using Mandos.Bench.Load;
using Mandos.TestKit;

namespace Mandos.Bench.Web;

/// <summary>What the web surface adds to the start of the published server, and to its memory when nothing happens.</summary>
internal static class WebStarts
{
    /// <param name="args">The number of starts with it, and as many without it.</param>
    public static async Task RunAsync(string[] args)
    {
        int starts = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 11;
        await StartAsync(isOn: true); // the files are in memory from now on
        List<Use> off = [], on = [];
        for (int i = 0; i < starts; i++)
        {
            off.Add(await StartAsync(isOn: false));
            on.Add(await StartAsync(isOn: true));
        }

        Print("until it listens", "ms", static use => use.Listening.TotalMilliseconds);
        Print("CPU until it rests", "ms", static use => use.Cpu.TotalMilliseconds);
        Print("memory at rest", "MB", static use => use.Bytes / 1e6);

        void Print(string what, string unit, Func<Use, double> of)
        {
            double added = Median(off.Zip(on, (without, with) => of(with) - of(without)));
            Console.WriteLine(FormattableString.Invariant(
                $"{what}: {Median(off.Select(of)):F1} {unit} without WebControl, {Median(on.Select(of)):F1} {unit} with it; median of the differences {added:F1} {unit}"));
        }
    }

    private static async Task<Use> StartAsync(bool isOn)
    {
        string socket = "";
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            Repository.Root,
            "[DEFAULT]\nchecker = true\n" + ServerUnderTest.Section("client", new string('A', 64)),
            isServed: false,
            prepare: (_, directory) =>
            {
                socket = Path.Combine(directory, "state", "web.sock");
                File.WriteAllText(Path.Combine(directory, "plugins.yaml"), isOn ? $"plugins:\n  WebControl:\n    settings: {{socket: {socket}}}\n" : "plugins: {}\n");
            });
        long start = Stopwatch.GetTimestamp();
        while (isOn && !File.Exists(socket))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(1))
            {
                throw new InvalidOperationException("the web surface does not listen");
            }
        }

        TimeSpan cpu;
        do
        {
            cpu = server.CpuTime;
            await Task.Delay(TimeSpan.FromMilliseconds(700), TimeProvider.System);
        }
        while (server.CpuTime > cpu);

        return new Use(server.StartTime, cpu, server.ResidentBytes);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private readonly record struct Use(TimeSpan Listening, TimeSpan Cpu, long Bytes);
}
