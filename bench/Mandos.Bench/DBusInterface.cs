using System.Diagnostics;
using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBusControl;
using Mandos.PluginContracts.Control;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace Mandos.Bench;

/// <summary>What the D-Bus interface costs on a dbus-daemon of its own.</summary>
internal static class DBusInterface
{
    public static async Task RunAsync(string[] args)
    {
        int clients = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        int many = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;

        await using DBusDaemon bus = await DBusDaemon.StartAsync(DBusDaemon.OpenRules + DBusDaemon.UsualLimits);
        using DBusCaller caller = DBusCaller.Start(bus.Address);
        await ServeAsync(clients, async server =>
        {
            await caller.DoAsync("get", 2000);
            await MeasureAsync("Get, one after another", 20_000, () => caller.DoAsync("get", 20_000));
            await MeasureAsync("Get, 50 at once", 50_000, () => caller.DoAsync("get", 50_000, 50));
            await MeasureAsync("Set, one after another, with 3 signals each", 10_000, () => caller.DoAsync("set", 10_000));
            await MeasureAsync("signal, 3 for a changed property", 300_000, () => SignalAsync(server, 100_000));
            await caller.DoAsync("all", 3);
            await MeasureAsync($"GetManagedObjects of {clients}", 10, () => caller.DoAsync("all", 10));
        });
        await ServeAsync(many, async _ =>
        {
            await caller.DoAsync("get", 2000);
            await MeasureAsync($"Get, one after another, {many} clients", 20_000, () => caller.DoAsync("get", 20_000));
            await MeasureAsync("GetManagedObjects, refused", 1, async () => Console.WriteLine(await caller.DoAsync("all", 1)));
        });

        // Runs the surface with a number of clients.
        async Task ServeAsync(int count, Func<InMemoryServer, Task> measure)
        {
            InMemoryServer server = new(Enumerable.Range(0, count).Select(Client));
            TestPluginContext context = new() { Settings = new Dictionary<string, string> { ["address"] = bus.Address } };
            using CancellationTokenSource stop = new();
            GC.Collect();
            GC.WaitForPendingFinalizers(); // what was here before is gone
            long before = GC.GetTotalMemory(forceFullCollection: true);
            long start = Stopwatch.GetTimestamp();
            Task run = new DBusSurface(context).RunAsync(server, stop.Token);
            while (!context.Logged.Any(line => line.Id.Id == 4103))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }

            Print($"{count} clients served after {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
            Print($"memory for them: {(GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6:F1} MB");
            await measure(server);
            start = Stopwatch.GetTimestamp();
            await stop.CancelAsync();
            await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Print($"stopped after {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
        }

        async Task SignalAsync(InMemoryServer server, int events)
        {
            ClientPropertyChanged change = new(Client(1), ClientProperty.Expires);
            for (int i = 0; i < events; i++)
            {
                server.Publish(change);
            }

            await caller.DoAsync("set", 1); // it is answered after all signals
        }

        static ClientSnapshot Client(int number) => new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"client-{number}.example.org"),
            Created = DateTimeOffset.UnixEpoch,
            Enabled = true,
            Expires = DateTimeOffset.UnixEpoch.AddMicroseconds(number),
            LastEnabled = DateTimeOffset.UnixEpoch,
            Settings = new() { KeyId = new string('A', 64), Host = string.Create(CultureInfo.InvariantCulture, $"client-{number}.example.org") },
        };

        static async Task MeasureAsync(string what, int count, Func<Task> run)
        {
            double before = Environment.CpuUsage.TotalTime.TotalSeconds;
            long start = Stopwatch.GetTimestamp();
            await run();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double cpu = Environment.CpuUsage.TotalTime.TotalSeconds - before;
            Print($"{what}: {count / seconds:F0}/s, {cpu / count * 1e6:F1} us CPU of the interface each");
        }

        static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }
}
