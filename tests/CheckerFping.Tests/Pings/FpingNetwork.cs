using System.Collections.Concurrent;
using System.Diagnostics;
using Mandos.CheckerFping.Processes;
using Mandos.TestKit;

namespace CheckerFping.Tests.Pings;

/// <summary>
/// Runs the real fping in namespaces of its own: all of 127.0.0.0/8 and ::1 answer, 10.0.0.0/8 is silent, nothing else has a route. Names are those of
/// <see cref="SetNames"/>; the name server, at a silent address, never answers.
/// </summary>
internal sealed class FpingNetwork : IPrograms, IAsyncDisposable
{
    private readonly ChildRunner _runner = new(new TestPluginContext());
    private readonly ConcurrentQueue<string[]> _runs = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _holder;

    private FpingNetwork()
    {
        SetNames("127.0.0.1 localhost");
        File.WriteAllText(_directory.PathOf("resolv.conf"), "nameserver 10.0.0.53\noptions timeout:30 attempts:2\n");
        File.WriteAllText(_directory.PathOf("nsswitch.conf"), "hosts: files dns\nprotocols: files\n");
        string script = $"""
            ip link set lo up && ip link add silent type veth peer name nowhere && ip link set silent arp off && ip link set nowhere arp off &&
            ip link set silent up && ip link set nowhere up && ip address add 10.255.255.254/8 dev silent &&
            mount --bind {_directory.PathOf("hosts")} /etc/hosts && mount --bind {_directory.PathOf("resolv.conf")} /etc/resolv.conf &&
            mount --bind {_directory.PathOf("nsswitch.conf")} /etc/nsswitch.conf && echo ready && read wait
            """;
        _holder = Process.Start(Command.Describe("unshare", ["--net", "--mount", "sh", "-c", script]))!;
    }

    /// <summary>The arguments of the runs that pinged, each without the program.</summary>
    public IEnumerable<string[]> Runs => _runs;

    /// <summary>What stands before the program, such as to take its rights away.</summary>
    public string[] Before { get; set; } = [];

    public static async Task<FpingNetwork> StartAsync()
    {
        var network = new FpingNetwork();
        if (await network._holder.StandardOutput.ReadLineAsync(Checks.TestEnds) != "ready")
        {
            throw new InvalidOperationException(await network._holder.StandardError.ReadToEndAsync(Checks.TestEnds));
        }

        return network;
    }

    /// <summary>Replaces the lines of /etc/hosts.</summary>
    public void SetNames(params string[] lines) => File.WriteAllLines(_directory.PathOf("hosts"), lines);

    public Task<ChildExit> RunAsync(IReadOnlyList<string> arguments, OutputReader? reader, CancellationToken cancellationToken)
    {
        if (arguments is not [_, "--version"])
        {
            _runs.Enqueue([.. arguments.Skip(1)]);
        }

        string fping = Path.Combine(Repository.Peers, "usr", "bin", "fping");
        string process = _holder.Id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return _runner.RunAsync(
            ["nsenter", "--target", process, "--net", "--mount", .. Before, fping, .. arguments.Skip(1)], reader, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _holder.Kill();
        await _holder.WaitForExitAsync(CancellationToken.None);
        _holder.Dispose();
        _directory.Dispose();
    }
}
