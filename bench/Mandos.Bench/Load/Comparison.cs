using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using Mandos.TestKit;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Load;

/// <summary>This build's server beside another one, in turns, in a network namespace of its own.</summary>
internal static class Comparison
{
    private const int Keys = 1000;
    private const int Fetches = 1500;
    private const int Waiting = 4000;
    private const int Many = 100_000;

    private static readonly TimeSpan _checked = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(15);

    /// <param name="args">The other one's commit, or the root of its built checkout, and how many rounds, by default 5.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        string other = await BuildAsync(args.FirstOrDefault() ?? throw new ArgumentException("name the commit to compare with"));
        int rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
        if (NetworkInterface.GetAllNetworkInterfaces().Length > 1)
        {
            using Process inside = Process.Start("unshare", ["--net", Environment.ProcessPath!, .. OwnArguments(), "compare", other, $"{rounds}"]);
            await inside.WaitForExitAsync();
            return inside.ExitCode;
        }

        await DefaultChecks.PrepareNetworkAsync();
        string programs = DefaultChecks.CopyFping();
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Keys).Select(_ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        var figures = new SideBySide(other);
        await figures.RunAsync(rounds, async (root, add) =>
        {
            await StartAsync(root, add, 1);
            await SecretsAsync(root, add, keys);
            await PowerIsBackAsync(root, add, keys);
            await WaitingAsync(root, add, keys[0]);
            await ShellChecksAsync(root, add);
            foreach (bool isSilent in (bool[])[false, true])
            {
                double cost = await DefaultChecks.MeasureAsync(programs, root, "", hosts: 1000, interval: 1, isSilent, _checked);
                add($"CPU of a default check, {(isSilent ? "silent" : "answering")}, ms", cost);
            }

            await StartAsync(root, add, Many);
        });
        Directory.Delete(programs, recursive: true);
        figures.Print();
        return 0;
    }

    private static async Task StartAsync(string root, Action<string, double> add, int clients)
    {
        string few = "[DEFAULT]\ninterval = PT1H\nchecker = true\n" + string.Concat(Enumerable.Range(0, clients).Select(
            static i => ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(root, few, "Configuration re-read: ");
        add($"start, {clients} clients, s", server.StartTime.TotalSeconds);
        add($"CPU of the start, {clients} clients, s", server.CpuTime.TotalSeconds);
        await Task.Delay(_settled, TimeProvider.System); // the first save is over, and what it took is given back
        add($"memory, {clients} clients, MB", server.ResidentBytes / 1e6);
        if (clients < Many)
        {
            return;
        }

        long start = Stopwatch.GetTimestamp();
        TimeSpan cpu = server.CpuTime;
        server.HangUp();
        double longest = 0;
        while (server.LinesSeen == 0)
        {
            long asked = Stopwatch.GetTimestamp();
            await MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Ed25519)), CancellationToken.None);
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
        }

        add($"SIGHUP, nothing changed, {clients} clients, s", Stopwatch.GetElapsedTime(start).TotalSeconds);
        add($"CPU of SIGHUP, nothing changed, {clients} clients, s", (server.CpuTime - cpu).TotalSeconds);
        add("longest fetch meanwhile, ms", longest);
    }

    private static async Task SecretsAsync(string root, Action<string, double> add, PeerKeyPair[] keys)
    {
        int processors = Environment.ProcessorCount;
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(root, Sections(keys, "checker = true"), prepare: (start, _) =>
        {
            start.ArgumentList.Insert(0, start.FileName);
            start.ArgumentList.Insert(0, "0");
            start.ArgumentList.Insert(0, "-c");
            start.FileName = "taskset";
        });
        await PinAsync($"1-{processors - 1}");
        await ServerLoad.FetchAllAsync(server, keys, 64, 1000); // warm both sides
        foreach (int atOnce in (int[])[1, 8, 64, 256])
        {
            TimeSpan cpu = server.CpuTime;
            (_, int failed) = await ServerLoad.FetchAllAsync(server, keys, atOnce, Fetches);
            add($"CPU a secret, {atOnce} at once, ms", (server.CpuTime - cpu).TotalMilliseconds / Fetches);
            Require(failed == 0, $"{failed} fetches failed");
        }

        await PinAsync($"0-{processors - 1}");
    }

    /// <summary>Lets this process run on some processors only.</summary>
    private static Task<string> PinAsync(string processors) => Command.RequireAsync("taskset", "-a", "-p", "-c", processors, $"{Environment.ProcessId}");

    /// <summary>Clients of as many addresses come within a second.</summary>
    private static async Task PowerIsBackAsync(string root, Action<string, double> add, PeerKeyPair[] keys)
    {
        const int Clients = 5000;
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(root, Sections(keys, "checker = true"), address: "127.0.0.1");
        await ServerLoad.FetchAllAsync(server, keys, 64, 500);
        long start = Stopwatch.GetTimestamp();
        bool[] served = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async i =>
        {
            await Task.Delay(TimeSpan.FromSeconds(i / (double)Clients), TimeProvider.System);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(new IPAddress([127, 1, (byte)(i / 250), (byte)(1 + (i % 250))]), 0));
            await socket.ConnectAsync(server.EndPoint);
            await using var stream = new NetworkStream(socket);
            PeerOutcome outcome = await MandosPeer.FetchAsync(stream, new PeerOptions(keys[i % keys.Length]), CancellationToken.None);
            return outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret);
        }));
        add($"{Clients} clients in one second, all served after s", Stopwatch.GetElapsedTime(start).TotalSeconds);
        Require(served.All(static one => one), "not all were served");
    }

    private static async Task WaitingAsync(string root, Action<string, double> add, PeerKeyPair key)
    {
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            root, ServerUnderTest.Section("held", key.KeyId, "approval_delay = PT1H\nchecker = true"), "waits for approval");
        long before = server.ResidentBytes;
        using var over = new CancellationTokenSource();
        Task[] peers = [.. Enumerable.Range(0, Waiting).Select(_ => MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(key), over.Token))];
        while (server.LinesSeen < Waiting)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        add($"memory of a connection that waits, of {Waiting}, KB", (server.ResidentBytes - before) / 1e3 / Waiting);
        await over.CancelAsync();
        await Task.WhenAll(peers).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private static async Task ShellChecksAsync(string root, Action<string, double> add)
    {
        const int Clients = 1000;
        string sections = "[DEFAULT]\ninterval = PT1S\ntimeout = PT1H\nchecker = /bin/true\n" + string.Concat(Enumerable.Range(0, Clients).Select(
            static i => ServerUnderTest.Section($"client{i}", Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))));
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(root, sections);
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System);
        (TimeSpan cpu, TimeSpan children) before = (server.CpuTime, server.ChildCpuTime);
        long start = Stopwatch.GetTimestamp();
        List<long> memory = [];
        while (Stopwatch.GetElapsedTime(start) < _checked)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            memory.Add(server.FamilyBytes);
        }

        double checks = Clients * Stopwatch.GetElapsedTime(start).TotalSeconds;
        add("CPU of a check with /bin/true, ms", (server.CpuTime - before.cpu + server.ChildCpuTime - before.children).TotalMilliseconds / checks);
        add("memory of server and children meanwhile (PSS), MB", memory.Order().ElementAt(memory.Count / 2) / 1e6);
    }

    private static string Sections(PeerKeyPair[] keys, string options)
        => string.Concat(keys.Select((key, i) => ServerUnderTest.Section($"client{i}", key.KeyId, options)));

    private static void Require(bool isTrue, string otherwise)
    {
        if (!isTrue)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    /// <summary>The arguments by which the runtime is told of this program, where it is not started by itself.</summary>
    private static string[] OwnArguments()
        => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Comparison).Assembly.Location] : [];

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
