using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>
/// Servers and hosts of databases, each in a network namespace of its own, about a router, which can lose what goes from one to another. Clients are
/// at the router.
/// </summary>
internal sealed partial class FaultNetwork : IAsyncDisposable
{
    /// <summary>CLONE_NEWNET of setns(2).</summary>
    private const int NetworkNamespaceKind = 0x40000000;

    private static int _count;

    private readonly string _name = $"mandos-faults-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}";
    private readonly ConcurrentDictionary<string, bool> _cuts = new(StringComparer.Ordinal);
    private readonly BlockingCollection<TaskCompletionSource<Socket>> _sockets = [];
    private readonly int _servers;
    private readonly int _hosts;

    private FaultNetwork(int servers, int hosts) => (_servers, _hosts) = (servers, hosts);

    /// <summary>Makes it; skips the test where that is not allowed.</summary>
    public static async Task<FaultNetwork> CreateAsync(int servers, int hosts)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces needs root");
        var network = new FaultNetwork(servers, hosts);
        try
        {
            await network.MakeAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>The namespace of the router.</summary>
    public string Router => _name;

    /// <summary>The address of a server.</summary>
    public static IPAddress ServerAddress(int server) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"10.1.{server}.2"));

    /// <summary>The address of a host of a database.</summary>
    public static string HostAddress(int host) => string.Create(CultureInfo.InvariantCulture, $"10.2.{host}.2");

    public string ServerNamespace(int server) => string.Create(CultureInfo.InvariantCulture, $"{_name}-s{server}");

    public string HostNamespace(int host) => string.Create(CultureInfo.InvariantCulture, $"{_name}-h{host}");

    /// <summary>The router's interface to a server.</summary>
    public static string InterfaceTo(int server) => string.Create(CultureInfo.InvariantCulture, $"s{server}");

    /// <summary>Loses, without a word, what goes from a server to a host and back, or one of the two.</summary>
    public async Task CutAsync(int server, int host, bool there, bool back)
    {
        string at = ServerAddress(server).ToString();
        foreach (string cut in new[] { there ? $"from {at} to {HostAddress(host)}" : "", back ? $"from {HostAddress(host)} to {at}" : "" })
        {
            if (cut.Length > 0 && _cuts.TryAdd(cut, true))
            {
                await Command.RequireAsync("ip", ["-n", Router, "rule", "add", .. cut.Split(' '), "blackhole"]);
            }
        }
    }

    /// <summary>Loses nothing any more of what goes from and to a server.</summary>
    public async Task MendAsync(int server)
    {
        foreach (string cut in _cuts.Keys.Where(cut => cut.Split(' ').Contains(ServerAddress(server).ToString())).ToArray())
        {
            await Command.RequireAsync("ip", ["-n", Router, "rule", "delete", .. cut.Split(' '), "blackhole"]);
            _cuts.TryRemove(cut, out _);
        }
    }

    /// <summary>Connects from the router.</summary>
    public async Task<NetworkStream> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var made = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _sockets.Add(made, cancellationToken);
        Socket socket = await made.Task;
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _sockets.CompleteAdding();
        foreach (string name in (IEnumerable<string>)
            [Router, .. Enumerable.Range(0, _servers).Select(ServerNamespace), .. Enumerable.Range(0, _hosts).Select(HostNamespace)])
        {
            await Command.RunAsync("ip", "netns", "delete", name);
        }
    }

    private async Task MakeAsync()
    {
        await Command.RequireAsync("ip", "netns", "add", Router);
        await Command.RequireAsync("ip", "netns", "exec", Router, "sh", "-c", "ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward");
        for (int server = 0; server < _servers; server++)
        {
            await AddAsync(ServerNamespace(server), InterfaceTo(server), ServerAddress(server).ToString());
        }

        for (int host = 0; host < _hosts; host++)
        {
            await AddAsync(HostNamespace(host), string.Create(CultureInfo.InvariantCulture, $"h{host}"), HostAddress(host));
        }

        // A socket stays in the namespace in which it was made, whatever thread uses it.
        var ready = new TaskCompletionSource();
        new Thread(() => MakeSockets(ready)) { IsBackground = true, Name = Router }.Start();
        await ready.Task;
    }

    private async Task AddAsync(string name, string cable, string address)
    {
        string router = address[..^1] + "1";
        await Command.RequireAsync(
            "sh", "-ec",
            """
            ip netns add "$1"
            ip link add "$2" netns "$0" type veth peer name eth0 netns "$1"
            ip -n "$0" address add "$4/24" dev "$2"
            ip -n "$0" link set "$2" up
            ip -n "$1" address add "$3/24" dev eth0
            ip -n "$1" link set lo up
            ip -n "$1" link set eth0 up
            ip -n "$1" route add default via "$4"
            """,
            Router, name, cable, address, router);
    }

    private void MakeSockets(TaskCompletionSource ready)
    {
        using (var place = File.OpenHandle($"/run/netns/{Router}"))
        {
            if (setns(place, NetworkNamespaceKind) != 0)
            {
                ready.SetException(new IOException($"setns failed: {Marshal.GetLastPInvokeErrorMessage()}"));
                return;
            }
        }

        ready.SetResult();
        foreach (TaskCompletionSource<Socket> wanted in _sockets.GetConsumingEnumerable())
        {
            wanted.SetResult(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(Microsoft.Win32.SafeHandles.SafeFileHandle descriptor, int kind);
}
