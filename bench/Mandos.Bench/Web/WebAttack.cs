using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Mandos.Bench.Load;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Web;

/// <summary>How long a secret takes while the web surface of the published server is attacked at each of its listeners, beside how long it takes otherwise.</summary>
internal static class WebAttack
{
    private const int Clients = 64;
    private const int SecretsARound = 2_000;

    /// <summary>How long the attackers get to take all that they can.</summary>
    private static readonly TimeSpan _head = TimeSpan.FromSeconds(15);

    /// <summary>The 99th percentile of a secret during the attack.</summary>
    private static readonly TimeSpan _aim = TimeSpan.FromMilliseconds(100);

    /// <param name="args">The number of rounds.</param>
    /// <returns>0 if the aim is met.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5;
        PeerKeyPair[] keys = [.. Enumerable.Range(0, Clients).Select(static _ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
        string clientsConf = "[DEFAULT]\ninterval = P1D\ntimeout = P2D\nchecker = true\n"
            + string.Concat(keys.Select(static (key, i) => ServerUnderTest.Section($"client{i}", key.KeyId)));
        (int tls, int metrics, string socket) = (FreePort.Find(), FreePort.Find(), "");
        await using ServerUnderTest server = await ServerUnderTest.StartAsync(
            Repository.Root, clientsConf, prepare: (_, directory) => socket = Prepare(directory, tls, metrics));
        while (!File.Exists(socket))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        await ServerLoad.FetchAllAsync(server, keys, 1, SecretsARound); // warm both sides
        List<double> quiet = [], attacked = [];
        int failed = 0;
        for (int i = 0; i < rounds; i++)
        {
            quiet.Add(await FetchAsync());
            using Process attackers = WebAttackers.Start(socket, tls, metrics);
            await Task.Delay(_head, TimeProvider.System);
            (TimeSpan used, TimeSpan spent, long start) = (server.CpuTime, ProcessUse.Cpu(attackers.Id), Stopwatch.GetTimestamp());
            attacked.Add(await FetchAsync());
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (attackers.HasExited)
            {
                throw new InvalidOperationException("the attackers have ended");
            }

            Print($"  99th percentile of {SecretsARound}: {quiet[^1]:F1} ms quiet, {attacked[^1]:F1} ms attacked; the server used {(server.CpuTime - used) / elapsed:F2} processors, the attackers {(ProcessUse.Cpu(attackers.Id) - spent) / elapsed:F2}; {server.ResidentBytes / 1e6:F0} MB");
            await StopAsync(attackers);
        }

        double aimed = Median(attacked);
        Print($"99th percentile of a secret: {Median(quiet):F1} ms quiet, {aimed:F1} ms attacked, {Median(quiet.Zip(attacked, static (a, b) => b / a)):F2} times; {failed} of {2 * rounds * SecretsARound} secrets failed");
        return aimed < _aim.TotalMilliseconds && failed == 0 ? 0 : 1;

        async Task<double> FetchAsync()
        {
            (double[] times, int bad) = await ServerLoad.FetchAllAsync(server, keys, 1, SecretsARound);
            failed += bad;
            Array.Sort(times);
            return times[times.Length * 99 / 100];
        }
    }

    /// <summary>Configures the surface with all listeners.</summary>
    /// <returns>The socket.</returns>
    private static string Prepare(string directory, int tls, int metrics)
    {
        using X509Certificate2 root = TestCertificates.MakeRoot();
        (string certificate, string key) = TestCertificates.MakeLocalhost(root);
        (string certificateFile, string keyFile) = (Path.Combine(directory, "web.pem"), Path.Combine(directory, "web.key"));
        File.WriteAllText(certificateFile, certificate);
        File.WriteAllText(keyFile, key);
        File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        if (Environment.IsPrivilegedProcess)
        {
            // The user that the server becomes
            using Process change = Process.Start("sh", ["-c", "for user in _mandos mandos nobody; do id -u $user && chown $user: \"$0\" && break; done > /dev/null 2>&1", keyFile]);
            change.WaitForExit();
        }

        string socket = Path.Combine(directory, "state", "web.sock");
        File.WriteAllText(Path.Combine(directory, "plugins.yaml"), string.Create(CultureInfo.InvariantCulture, $$"""
            plugins:
              WebControl:
                settings:
                  socket: {{socket}}
                  listen: 127.0.0.1:{{tls}}
                  tls_certificate: {{certificateFile}}
                  tls_key: {{keyFile}}
                  metrics: 127.0.0.1:{{metrics}}

            """));
        return socket;
    }

    private static async Task StopAsync(Process attackers)
    {
        attackers.Kill();
        await attackers.WaitForExitAsync();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System); // the server notices
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Print(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}
