using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.Bench.Load;
using Mandos.TestKit;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Siege;

/// <summary>
/// Floods the built server, on one processor, and measures how long a client elsewhere waits for its secret. tests/siege runs it.
/// The strangers are a process of their own: siege --attack FLOOD.
/// </summary>
internal static class Besieging
{
    // How long a flood lasts before the client comes, and while it comes again and again
    private static readonly TimeSpan _gathering = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(8);

    // When the client gives up
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private static readonly PeerKeyPair _key = PeerKeyPair.Create(PeerKeyKind.Ed25519);

    /// <param name="args">The floods; all of them by default.</param>
    /// <returns>The exit status: 0 if no flood kept the client waiting too long.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--attack", { } attack])
        {
            Flood flood = Find(attack);
            using var stop = new CancellationTokenSource(_gathering + _duration + _patience, TimeProvider.System); // whatever happens
            Task attacking = Strangers.AttackAsync(flood, new IPEndPoint(Sources.Server(IsIPv6(flood)), 1616), stop.Token);
            await Task.Run(Console.In.ReadToEnd); // the end of the siege is the end of our input
            await stop.CancelAsync();
            return 0;
        }

        Flood[] floods = args.Length > 0 ? [.. args.Select(Find)] : [.. Floods.All];
        Console.WriteLine("flood           strangers   open  made/s   CPU   MB   secrets  failed  median s    most s   limit s");
        int failures = 0;
        foreach (Flood flood in floods)
        {
            failures += await BesiegeAsync(flood) ? 0 : 1;
        }

        Console.WriteLine(failures == 0 ? "siege: held" : $"siege: {failures} of {floods.Length} floods kept the client waiting too long");
        return failures == 0 ? 0 : 1;
    }

    // Whether the client got all its secrets in time
    private static async Task<bool> BesiegeAsync(Flood flood)
    {
        bool isIPv6 = IsIPv6(flood);
        await using SiegedServer server = await SiegedServer.StartAsync(Repository.Server, Sources.Server(isIPv6), _key, flood.Settings);
        using Process? strangers = flood.Strangers > 0 ? StartStrangers(flood) : null;
        long made = 0;
        long open = 0;
        var begun = new TaskCompletionSource();
        _ = Task.Run(async () =>
        {
            while (strangers is not null && await strangers.StandardOutput.ReadLineAsync() is { } line)
            {
                long[] counts = [.. line.Split(' ').Select(static count => long.Parse(count, CultureInfo.InvariantCulture))];
                (made, open) = (counts[0], counts[1]);
                begun.TrySetResult();
            }

            begun.TrySetResult();
        });
        await begun.Task; // on a busy machine that takes its time
        await Task.Delay(_gathering, TimeProvider.System);

        List<double> times = [];
        int failed = 0;
        long before = made;
        TimeSpan cpu = server.CpuTime;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < _duration || times.Count < 3)
        {
            long start = Stopwatch.GetTimestamp();
            failed += await FetchAsync(server.EndPoint, Sources.Client(isIPv6)) ? 0 : 1;
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (watch.Elapsed > _patience)
            {
                break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        double seconds = watch.Elapsed.TotalSeconds;
        times.Sort();
        bool isHeld = failed == 0 && times[^1] <= flood.Limit.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{flood.Name,-15} {flood.Strangers,9} {open,6} {(made - before) / seconds,7:F0} {(server.CpuTime - cpu).TotalSeconds / seconds,5:P0} {server.Megabytes,4} "
            + $"{times.Count,9} {failed,7} {times[times.Count / 2],9:F3} {times[^1],9:F3} {flood.Limit.TotalSeconds,9:F0}"
            + $"{(isHeld ? "" : "  TOO LONG")}  {flood.Description}"));
        if (strangers is not null)
        {
            strangers.StandardInput.Close();
            if (!strangers.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                strangers.Kill();
            }
        }

        if (server.End is { } end)
        {
            Console.WriteLine($"{flood.Name}: the server has ended: {end}");
            return false;
        }

        return isHeld;
    }

    // On all other processors, if there are any, and where the client comes first
    private static Process StartStrangers(Flood flood)
    {
        int processors = Environment.ProcessorCount;
        string[] others = processors > 1 ? ["taskset", "-c", $"{SiegedServer.Processor + 1}-{processors - 1}"] : [];
        string[] command = ["nice", "-n", "5", .. others, Environment.ProcessPath!, typeof(Flood).Assembly.Location, "siege", "--attack", flood.Name];
        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    private static async Task<bool> FetchAsync(IPEndPoint server, IPAddress from)
    {
        using var giveUp = new CancellationTokenSource(_patience, TimeProvider.System);
        using Socket? socket = await Strangers.ConnectAsync(server, from, giveUp.Token);
        if (socket is null)
        {
            return false;
        }

        await using var stream = new NetworkStream(socket);
        try
        {
            PeerOutcome outcome = await MandosPeer.FetchAsync(stream, new PeerOptions(_key), giveUp.Token);
            return outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static bool IsIPv6(Flood flood) => flood.From(new Random(0)).Contains(':', StringComparison.Ordinal);

    private static Flood Find(string name) => Floods.All.FirstOrDefault(flood => flood.Name == name)
        ?? throw new ArgumentException($"there is no flood “{name}”; there are {string.Join(", ", Floods.All.Select(flood => flood.Name))}");
}
