using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Mandos.Bus;
using Tmds.DBus.Protocol;
using Mandos.TestKit.Daemons;

namespace Mandos.Bench.Load;

/// <summary>mandos-ctl and mandos-monitor with many clients, on a real dbus-daemon.</summary>
internal static class Tools
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long listing and changing take.</summary>
    public static async Task CtlAsync(string root)
    {
        const int Clients = 100_000;
        await using Scene scene = await Scene.StartAsync(root, Clients);
        Console.WriteLine(FormattableString.Invariant($"ctl, {Clients} clients"));
        // The first one comes while the server still tells the bus of all clients.
        string[][] commands =
        [
            [], [], ["--verbose"], ["--dump-json"], ["--names"], ["client50000"], ["--timeout=PT10M", "client50000"],
            ["--approval-delay=PT1S", "--all"],
        ];
        foreach (string[] command in commands)
        {
            await RunAsync(root, scene, command);
        }
    }

    /// <summary>How long the screen takes to follow a key, and what events cost.</summary>
    public static async Task MonitorAsync(string root)
    {
        foreach (int clients in (int[])[10_000, 100_000])
        {
            await using Scene scene = await Scene.StartAsync(root, clients);
            long start = Stopwatch.GetTimestamp();
            await using Screen screen = await Screen.StartAsync(root, scene.Bus.Address);
            await screen.WaitForAsync(string.Create(CultureInfo.InvariantCulture, $"clients: {clients:N0}"));
            Console.WriteLine(FormattableString.Invariant(
                $"monitor, {clients} clients: shown after {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s, {screen.PeakMegabytes:F0} MB"));
            await KeysAsync(screen, "a page down", 200, "NPage");
            await KeysAsync(screen, "to the end and back", 50, "End", "Home");
            await KeysAsync(screen, "another order", 20, "o");
            await screen.PressAsync("/");
            await KeysAsync(screen, "a letter of a filter", 20, "1", "BSpace");
            await screen.PressAsync("Escape");
            await EventsAsync(scene, screen, 0);
            await EventsAsync(scene, screen, 1000);
        }
    }

    private static async Task RunAsync(string root, Scene scene, string[] arguments)
    {
        (double seconds, double cpu, double megabytes, int characters) = await UseAsync(root, scene, arguments);
        Console.WriteLine(FormattableString.Invariant(
            $"  {string.Join(' ', arguments),-32} {seconds,6:F2} s, CPU {cpu:F1} s, {megabytes:F0} MB, {characters} characters"));
    }

    /// <summary>Runs mandos-ctl.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    internal static async Task<(double Seconds, double CpuSeconds, double Megabytes, int Characters)> UseAsync(
        string root, Scene scene, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(root, "artifacts/mandos/mandos-ctl"), arguments) { RedirectStandardOutput = true };
        start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = scene.Bus.Address;
        long started = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        (double cpu, double megabytes) = (0, 0);
        while (!process.HasExited)
        {
            (cpu, megabytes) = Usage(process.Id) ?? (cpu, megabytes);
            await Task.Delay(_pause, TimeProvider.System);
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        int characters = (await output).Length;
        return process.ExitCode == 0 ? (seconds, cpu, megabytes, characters)
            : throw new InvalidOperationException($"mandos-ctl {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private static async Task KeysAsync(Screen screen, string what, int count, params string[] keys)
    {
        var times = new double[count];
        for (int i = 0; i < count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await screen.PressAsync(keys[i % keys.Length]);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await Task.Delay(2 * _pause, TimeProvider.System); // as fast as a held key repeats
        }

        Array.Sort(times);
        Console.WriteLine(FormattableString.Invariant($"  {what}: median {times[count / 2]:F0} ms, longest {times[^1]:F0} ms"));
    }

    // What the monitor costs while a number of clients a second are seen; each changes when it was seen and when it expires.
    private static async Task EventsAsync(Scene scene, Screen screen, int perSecond)
    {
        const int Seconds = 10;
        double before = screen.CpuSeconds;
        long start = Stopwatch.GetTimestamp();
        int done = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds is var elapsed && elapsed < Seconds)
        {
            for (; done < elapsed * perSecond; done++)
            {
                scene.SeeClient(RandomNumberGenerator.GetInt32(scene.Clients));
            }

            await Task.Delay(_pause, TimeProvider.System);
        }

        double share = (screen.CpuSeconds - before) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        Console.WriteLine(FormattableString.Invariant($"  {done / Seconds} clients seen a second: {share:P1} of a processor"));
    }

    /// <summary>CPU time and largest memory of a process; null if it has ended.</summary>
    private static (double CpuSeconds, double Megabytes)? Usage(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            string peak = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return ((Number(fields[11]) + Number(fields[12])) / 100, Number(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]) / 1000);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>A server with clients, on a bus.</summary>
    internal sealed class Scene : IAsyncDisposable
    {
        public required DBusDaemon Bus { get; init; }

        public required int Clients { get; init; }

        public required ServerUnderTest Server { get; init; }

        public required BusConnection Caller { get; init; }

        public static async Task<Scene> StartAsync(string root, int clients)
        {
            DBusDaemon bus = await DBusDaemon.StartAsync(DBusDaemon.OpenRules + DBusDaemon.UsualLimits);
            string clientsConf = "[DEFAULT]\ninterval = P1D\ntimeout = P2D\nchecker = true\n" + string.Concat(Enumerable.Range(0, clients)
                .Select(i => ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));
            ServerUnderTest server = await ServerUnderTest.StartAsync(root, clientsConf, busAddress: bus.Address);
            var caller = new BusConnection(new BusOptions(bus.Address));
            await caller.ConnectAsync(CancellationToken.None);
            while (await caller.GetNameOwnerAsync("se.bsnet.fukt.Mandos") is null)
            {
                await Task.Delay(_pause, TimeProvider.System);
            }

            return new Scene { Bus = bus, Clients = clients, Server = server, Caller = caller };
        }

        public void SeeClient(int number)
        {
            using MessageWriter writer = Caller.GetMessageWriter();
            writer.WriteMethodCallHeader(
                "se.recompile.Mandos", $"/clients/client{number}", "se.recompile.Mandos.Client", "CheckedOK", null, MessageFlags.NoReplyExpected);
            Caller.TrySendMessage(writer.CreateMessage());
        }

        public async ValueTask DisposeAsync()
        {
            await Caller.DisposeAsync();
            await Server.DisposeAsync();
            await Bus.DisposeAsync();
        }
    }

    /// <summary>The monitor in a tmux that says at once what the monitor writes.</summary>
    private sealed class Screen : IAsyncDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-bench-tmux-");
        private readonly Process _tmux;
        private int _monitor;

        private Screen(string root, string busAddress)
        {
            var start = new ProcessStartInfo("tmux", [
                "-u", "-C", "-S", $"{_directory.FullName}/socket", "-f", "/dev/null",
                "new-session", "-x", "150", "-y", "40", Path.Combine(root, "artifacts/mandos/mandos-monitor"),
            ])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = busAddress;
            _tmux = Process.Start(start)!;
        }

        public double CpuSeconds => Usage(_monitor)!.Value.CpuSeconds;

        public double PeakMegabytes => Usage(_monitor)!.Value.Megabytes;

        public static async Task<Screen> StartAsync(string root, string busAddress)
        {
            var screen = new Screen(root, busAddress);
            await screen.ReadUntilAsync("%output");
            screen._monitor = (int)Number((await screen.AskAsync("display-message -p '#{pane_pid}'"))[0]);
            return screen;
        }

        /// <summary>Presses a key, and waits for what the monitor writes then.</summary>
        public async Task PressAsync(string key)
        {
            await AskAsync($"send-keys {key}");
            await ReadUntilAsync("%output");
        }

        public async Task WaitForAsync(string text)
        {
            while (!(await AskAsync("capture-pane -p")).Any(line => line.Contains(text, StringComparison.Ordinal)))
            {
                await Task.Delay(_pause, TimeProvider.System);
            }
        }

        public async ValueTask DisposeAsync()
        {
            using Process end = Process.Start("tmux", ["-S", $"{_directory.FullName}/socket", "kill-server"]);
            await end.WaitForExitAsync();
            _tmux.Kill(); // it may wait for us to read
            await _tmux.WaitForExitAsync();
            _tmux.Dispose();
            _directory.Delete(recursive: true);
        }

        /// <summary>Gives tmux a command.</summary>
        /// <returns>The lines of its answer.</returns>
        private async Task<List<string>> AskAsync(string command)
        {
            await _tmux.StandardInput.WriteLineAsync(command);
            await ReadUntilAsync("%begin");
            List<string> lines = [];
            while (await ReadAsync() is var line && !line.StartsWith("%end", StringComparison.Ordinal))
            {
                lines.Add(line);
            }

            return lines;
        }

        private async Task ReadUntilAsync(string start)
        {
            while (!(await ReadAsync()).StartsWith(start, StringComparison.Ordinal))
            {
            }
        }

        private async Task<string> ReadAsync()
            => await _tmux.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the monitor has ended");
    }
}
