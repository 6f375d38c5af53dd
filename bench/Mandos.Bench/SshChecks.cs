using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.CheckerSsh;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;

namespace Mandos.Bench;

/// <summary>What SSH checks cost, of a real sshd or of a host that hangs after its version string.</summary>
internal static class SshChecks
{
    public static async Task RunAsync(string[] args)
    {
        int checks = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 200;
        string key = args.Length > 1 ? args[1] : "ed25519";
        bool hangs = key == "hang";

        await using SshServer sshd = await SshServer.StartAsync(hangs ? "ed25519" : key);
        using TcpListener tarpit = new(IPAddress.Loopback, 0);
        tarpit.Start(checks);
        List<Socket> held = [];
        Task holding = Task.Run(async () =>
        {
            while (hangs)
            {
                Socket socket = await tarpit.AcceptSocketAsync();
                held.Add(socket);
                await socket.SendAsync("SSH-2.0-Tar\r\n"u8.ToArray());
            }
        });

        int port = hangs ? ((IPEndPoint)tarpit.LocalEndpoint).Port : sshd.Port;
        SshChecker checker = new(new TestPluginContext());
        ClientSnapshot client = new()
        {
            Name = "bench",
            Settings = new()
            {
                Host = "127.0.0.1",
                Options = new Dictionary<string, string>
                {
                    ["ssh_host_key"] = sshd.PublicKey(hangs ? "ed25519" : key),
                    ["ssh_port"] = port.ToString(CultureInfo.InvariantCulture),
                    ["ssh_timeout"] = hangs ? "PT5S" : "PT60S",
                },
            },
            Created = DateTimeOffset.UnixEpoch,
        };

        Process self = Process.GetCurrentProcess();
        double first = await RunAsync(1);
        await RunAsync(20);
        self.Refresh();
        TimeSpan cpu = self.TotalProcessorTime;
        int threads = self.Threads.Count;
        int most = 0;
        await using Timer timer = new(
            _ =>
            {
                using Process now = Process.GetCurrentProcess();
                most = Math.Max(most, now.Threads.Count);
            },
            null,
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(20));
        double seconds = await RunAsync(checks);
        self.Refresh();

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {key}: {checks} checks at once, {Environment.ProcessorCount} processors: {seconds:F2} s; the first one alone {first:F2} s
            CPU of a check: {(self.TotalProcessorTime - cpu).TotalMilliseconds / checks:F1} ms, without what the host takes
            threads: {threads} before, {most} at most
            """));

        async Task<double> RunAsync(int count)
        {
            long start = Stopwatch.GetTimestamp();
            CheckResult[] results = await Task.WhenAll(
                Enumerable.Range(0, count).Select(_ => checker.Prepare(client).RunAsync(CancellationToken.None)));
            if (results.Any(result => result.IsSuccess == hangs))
            {
                throw new InvalidOperationException($"a check went wrong: {results.First(result => result.IsSuccess == hangs)}");
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
