using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Load;

/// <summary>What strangers cost the server, and how the first and the others fare beside them.</summary>
internal static class Strangers
{
    private const string Older = "priority = NORMAL:!CTYPE-X.509:+CTYPE-RAWPK:+CTYPE-OPENPGP:!RSA";

    private static readonly PeerKeyPair _key = PeerKeyPair.Create(PeerKeyKind.Ed25519);

    /// <summary>Time of the first handshake after the start, several times.</summary>
    public static async Task FirstAsync(string root)
    {
        const int Starts = 9;
        await using (ServerUnderTest other = await StartAsync(root))
        {
            for (int i = 0; i < 200; i++)
            {
                await FetchAsync(other.EndPoint, IPAddress.IPv6Loopback); // warms up the peer itself
            }
        }

        var times = new List<double>();
        var seconds = new List<double>();
        for (int i = 0; i < Starts; i++)
        {
            await using ServerUnderTest server = await ServerUnderTest.StartAsync(
                root, ServerUnderTest.Section("client", _key.KeyId, "checker = true"), isServed: false);
            TimeSpan cpu;
            do
            {
                cpu = server.CpuTime;
                await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
            }
            while (server.CpuTime > cpu);

            times.Add(await FetchAsync(server.EndPoint, IPAddress.IPv6Loopback));
            seconds.Add(await FetchAsync(server.EndPoint, IPAddress.IPv6Loopback));
        }

        times.Sort();
        seconds.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"first secret after the start, {Starts} starts: median {times[Starts / 2]:F1} ms, least {times[0]:F1}, most {times[^1]:F1}; "
            + $"the second: median {seconds[Starts / 2]:F1} ms"));
    }

    /// <summary>CPU time and memory for each hostile peer.</summary>
    public static async Task HostileAsync(string root)
    {
        Console.WriteLine($"{"hostile peer",-46} CPU ms of the server for each   growth KB for each");
        foreach ((string settings, IReadOnlyList<HostilePeer> peers) in new[] { ("", HostilePeer.OfTls13), (Older, HostilePeer.OfTls12) })
        {
            await using ServerUnderTest server = await StartAsync(root, settings);
            await MeasureAsync(server, "(a right peer)", stream => MandosPeer.ServeAsync(stream, new PeerOptions(_key), CancellationToken.None));
            foreach (HostilePeer peer in peers)
            {
                await MeasureAsync(server, peer.Name, stream => peer.Attack(stream, CancellationToken.None));
            }

            await MeasureAsync(server, "64 MiB after the handshake", FloodAfterHandshakeAsync);
            await FetchAsync(server.EndPoint, IPAddress.IPv6Loopback);
        }

        await using ServerUnderTest slow = await StartAsync(root);
        TimeSpan before = slow.CpuTime;
        long start = Stopwatch.GetTimestamp();
        const int SlowPeers = 100;
        await Task.WhenAll(Enumerable.Range(0, SlowPeers).Select(_ => AttackAsync(slow, DribbleAsync)));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{SlowPeers} peers that send a byte a second: all cut off after {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, "
            + $"{(slow.CpuTime - before).TotalMilliseconds / SlowPeers:F2} ms CPU each"));
    }

    /// <summary>How long secrets take while another address holds thousands of connections on which nothing comes.</summary>
    public static async Task SilentAsync(string root)
    {
        const int Silent = 5000;
        const int Fetches = 1000;
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            root, ServerUnderTest.Section("client", _key.KeyId, "checker = true"), address: "127.0.0.1");
        var address = IPAddress.Parse("127.0.0.2");
        double[] before = await FetchManyAsync(server, address, Fetches);
        long memory = server.ResidentBytes;
        int cutOff = 0;
        using var stop = new CancellationTokenSource();
        Task holding = Task.Run(async () =>
        {
            // Those whom the server cuts off come again at once.
            await Task.WhenAll(Enumerable.Range(0, Silent).Select(async i =>
            {
                await Task.Yield();
                byte[] buffer = new byte[1];
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        using Socket socket = await ConnectAsync(server.EndPoint, IPAddress.Loopback);
                        if (i % 2 == 1)
                        {
                            await socket.SendAsync("1\r\n"u8.ToArray());
                        }

                        while (await socket.ReceiveAsync(buffer, stop.Token) > 0)
                        {
                        }

                        Interlocked.Increment(ref cutOff);
                    }
                    catch (Exception e) when (e is SocketException or OperationCanceledException)
                    {
                        // Refused, or the end
                    }
                }
            }));
        });
        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System);
        TimeSpan cpu = server.CpuTime;
        long started = Stopwatch.GetTimestamp();
        double[] beside = await FetchManyAsync(server, address, Fetches);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"secrets for another address, {Fetches} each: alone p50 {before[Fetches / 2]:F1} ms, p99 {before[Fetches * 99 / 100]:F1} ms; "
            + $"beside {Silent} silent connections p50 {beside[Fetches / 2]:F1} ms, p99 {beside[Fetches * 99 / 100]:F1} ms, "
            + $"longest {beside[^1]:F1} ms, in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s; {cutOff} were cut off; "
            + $"{(server.ResidentBytes - memory) / 1e3 / Silent:F1} KB each; CPU {(server.CpuTime - cpu).TotalMilliseconds / Fetches:F2} ms a secret"));
        await stop.CancelAsync();
        await holding;
    }

    private static Task<ServerUnderTest> StartAsync(string root, string settings = "") => ServerUnderTest.StartAsync(
        root, ServerUnderTest.Section("client", _key.KeyId, "checker = true"), settings: settings);

    private static async Task MeasureAsync(ServerUnderTest server, string name, Func<Stream, Task> attack)
    {
        const int Warm = 60; // the JIT compiles again what was called 30 times
        const int Attacks = 40;
        for (int i = 0; i < Warm; i++)
        {
            await AttackAsync(server, attack);
        }

        TimeSpan cpu = server.CpuTime;
        long memory = server.ResidentBytes;
        for (int i = 0; i < Attacks; i++)
        {
            await AttackAsync(server, attack);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-46} {(server.CpuTime - cpu).TotalMilliseconds / Attacks,29:F2}   {(server.ResidentBytes - memory) / 1e3 / Attacks,18:F1}"));
    }

    private static async Task AttackAsync(ServerUnderTest server, Func<Stream, Task> attack)
    {
        using Socket socket = await ConnectAsync(server.EndPoint, IPAddress.IPv6Loopback);
        await using var stream = new NetworkStream(socket);
        try
        {
            await stream.WriteAsync("1\r\n"u8.ToArray());
            await attack(stream);
            await stream.CopyToAsync(Stream.Null);
        }
        catch (IOException)
        {
            // Cut off
        }
    }

    private static async Task FloodAfterHandshakeAsync(Stream stream)
    {
        var peer = new RawKeyServer(new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Ed25519)));
        Task serving = MandosPeer.ServeAsync(stream, peer, new Org.BouncyCastle.Tls.TlsServerProtocol(), CancellationToken.None);
        while (!peer.IsComplete && !serving.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        byte[] data = new byte[1 << 20];
        for (int i = 0; i < 64; i++)
        {
            await stream.WriteAsync(data);
        }
    }

    private static async Task DribbleAsync(Stream stream)
    {
        byte[] record = [22, 3, 3, 0x40, 0, 2, 0, 0x3F, 0xFC, 3, 3, .. new byte[1000]];
        foreach (byte value in record)
        {
            await stream.WriteAsync(new[] { value });
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }

    private static async Task<double[]> FetchManyAsync(ServerUnderTest server, IPAddress from, int count)
    {
        double[] times = new double[count];
        for (int i = 0; i < count; i++)
        {
            times[i] = await FetchAsync(server.EndPoint, from);
        }

        Array.Sort(times);
        return times;
    }

    /// <returns>Milliseconds from connecting to the secret.</returns>
    private static async Task<double> FetchAsync(IPEndPoint server, IPAddress from)
    {
        long start = Stopwatch.GetTimestamp();
        using Socket socket = await ConnectAsync(server, from);
        await using var stream = new NetworkStream(socket);
        PeerOutcome outcome = await MandosPeer.FetchAsync(stream, new PeerOptions(_key), CancellationToken.None);
        return outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret)
            ? Stopwatch.GetElapsedTime(start).TotalMilliseconds
            : throw new InvalidOperationException($"no secret: {outcome.Ending} {outcome.Detail}");
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint server, IPAddress from)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(server);
        return socket;
    }
}
