using System.Diagnostics;
using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBus;
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
        const string service = "se.recompile.Mandos";
        int clients = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        int many = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000;

        await using DBusDaemon bus = await DBusDaemon.StartAsync(DBusDaemon.OpenRules + DBusDaemon.UsualLimits);
        await using DBusConnection caller = new(new(bus.Address) { Name = "caller" });
        await caller.ConnectAsync(CancellationToken.None);
        await ServeAsync(clients, async server =>
        {
            await GetAsync(2000, 1);
            await MeasureAsync("Get, one after another", 20_000, () => GetAsync(20_000, 1));
            await MeasureAsync("Get, 50 at once", 50_000, () => GetAsync(50_000, 50));
            await MeasureAsync("Set, one after another, with 3 signals each", 10_000, () => SetAsync(10_000));
            await MeasureAsync("signal, 3 for a changed property", 300_000, () => SignalAsync(server, 100_000));
            await CallAsync("org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
            await MeasureAsync(
                $"GetManagedObjects of {clients}", 1, () => CallAsync("org.freedesktop.DBus.ObjectManager", "GetManagedObjects"));
        });
        await ServeAsync(many, async _ =>
        {
            await GetAsync(2000, 1);
            await MeasureAsync($"Get, one after another, {many} clients", 20_000, () => GetAsync(20_000, 1));
            await MeasureAsync("GetManagedObjects, refused", 1, async () =>
            {
                try
                {
                    await CallAsync("org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
                }
                catch (DBusErrorReplyException e)
                {
                    Console.WriteLine(e.ErrorMessage);
                }
            });
        });

        // Runs the surface with so many clients.
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

        Task GetAsync(int count, int atOnce)
        {
            int left = count;
            return Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
            {
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    await caller.CallMethodAsync(Get(caller), static (message, _) => message.GetBodyReader().ReadVariantValue());
                }
            }));
        }

        async Task SetAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await caller.CallMethodAsync(Set(caller, (ulong)i + 1));
            }
        }

        async Task SignalAsync(InMemoryServer server, int events)
        {
            ClientPropertyChanged change = new(Client(1), ClientProperty.Expires);
            for (int i = 0; i < events; i++)
            {
                server.Publish(change);
            }

            await SetAsync(1); // it is answered after all signals
        }

        Task CallAsync(string interfaceName, string member)
        {
            using MessageWriter writer = caller.GetMessageWriter();
            writer.WriteMethodCallHeader(service, "/", interfaceName, member);
            return caller.CallMethodAsync(writer.CreateMessage());
        }

        static MessageBuffer Get(DBusConnection connection)
        {
            using MessageWriter writer = connection.GetMessageWriter();
            writer.WriteMethodCallHeader(service, "/clients/client_1_example_org", "org.freedesktop.DBus.Properties", "Get", "ss");
            writer.WriteString("se.recompile.Mandos.Client");
            writer.WriteString("Expires");
            return writer.CreateMessage();
        }

        static MessageBuffer Set(DBusConnection connection, ulong value)
        {
            using MessageWriter writer = connection.GetMessageWriter();
            writer.WriteMethodCallHeader(service, "/clients/client_1_example_org", "org.freedesktop.DBus.Properties", "Set", "ssv");
            writer.WriteString("se.recompile.Mandos.Client");
            writer.WriteString("ApprovalDelay");
            writer.WriteVariantUInt64(value);
            return writer.CreateMessage();
        }

        static ClientSnapshot Client(int number) => new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"client-{number}.example.org"),
            DBusObjectPath = string.Create(CultureInfo.InvariantCulture, $"/clients/client_{number}_example_org"),
            Created = DateTimeOffset.UnixEpoch,
            Enabled = true,
            Expires = DateTimeOffset.UnixEpoch.AddMicroseconds(number),
            LastEnabled = DateTimeOffset.UnixEpoch,
            Settings = new() { KeyId = new string('A', 64), Host = string.Create(CultureInfo.InvariantCulture, $"client-{number}.example.org") },
        };

        static async Task MeasureAsync(string what, int count, Func<Task> run)
        {
            double before = ServerSeconds();
            long start = Stopwatch.GetTimestamp();
            await run();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double cpu = ServerSeconds() - before;
            Print($"{what}: {count / seconds:F0}/s, {cpu / count * 1e6:F1} us CPU of the surface's thread each");
        }

        // CPU time of the surface's thread, from the scheduler's statistics (proc(5)).
        static double ServerSeconds() => Directory.GetDirectories("/proc/self/task")
            .Where(thread => File.ReadAllText($"{thread}/comm").Trim() == "dbus-control")
            .Sum(thread => double.Parse(File.ReadAllText($"{thread}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1e9);

        static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }
}
