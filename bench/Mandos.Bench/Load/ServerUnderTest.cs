using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Load;

/// <summary>The published server in a process of its own, with a configuration made for one measurement.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;
    private int _linesSeen;

    private ServerUnderTest(Process process, string directory, IPEndPoint endPoint, TimeSpan startTime)
        => (_process, _directory, EndPoint, StartTime) = (process, directory, endPoint, startTime);

    /// <summary>What every client's secret is: packets of OpenPGP with an encrypted key of 10 bytes and encrypted data of 1,485 (RFC 9580): as much as a usual key makes.</summary>
    public static byte[] Secret { get; } = [0xC1, 10, .. Enumerable.Repeat((byte)'s', 10), 0xD2, 197, 13, .. Enumerable.Repeat((byte)'s', 1485)];

    public IPEndPoint EndPoint { get; }

    /// <summary>Time from starting the process to its listening line.</summary>
    public TimeSpan StartTime { get; }

    /// <summary>User and system time so far, without children (proc(5)).</summary>
    public TimeSpan CpuTime => ProcessUse.Cpu(_process.Id);

    /// <summary>User and system time of children that have ended.</summary>
    public TimeSpan ChildCpuTime => ProcessUse.EndedChildrenCpu(_process.Id);

    public long ResidentBytes => ProcessUse.ResidentBytes(_process.Id);

    /// <summary>Memory of it and its children, where what they share counts once.</summary>
    public long FamilyBytes => ProcessUse.FamilyBytes(_process.Id);

    /// <summary>Open files and sockets.</summary>
    public int Descriptors => Directory.EnumerateFileSystemEntries($"/proc/{_process.Id}/fd").Count();

    public int Threads => Directory.EnumerateDirectories($"/proc/{_process.Id}/task").Count();

    /// <summary>What its state takes on disk.</summary>
    public long StateBytes => new DirectoryInfo(Path.Combine(_directory, "state")).EnumerateFiles().Sum(static file => file.Length);

    /// <summary>Number of log lines so far that have the awaited text.</summary>
    public int LinesSeen => Volatile.Read(ref _linesSeen);

    /// <param name="root">Root of the repository.</param>
    /// <param name="clientsConf">Text of clients.conf.</param>
    /// <param name="countLinesWith">Text that <see cref="LinesSeen"/> counts; makes the server log at INFO.</param>
    /// <param name="busAddress">The D-Bus that it uses; null for none.</param>
    /// <param name="settings">Further lines of mandos.conf.</param>
    /// <param name="address">Where it listens, which decides between IPv4 and IPv6.</param>
    /// <param name="isServed">Whether to wait until a first peer has been served.</param>
    /// <param name="prepare">Changes how it is started; gets its directory, which has its configuration, too.</param>
    /// <param name="log">Gets what it logs; null: nobody.</param>
    public static async Task<ServerUnderTest> StartAsync(
        string root, string clientsConf, string? countLinesWith = null, string? busAddress = null, string settings = "",
        string address = "::1", bool isServed = true, Action<ProcessStartInfo, string>? prepare = null,
        TextWriter? log = null)
    {
        string directory = Directory.CreateTempSubdirectory("mandos-bench-").FullName;
        // Started by root, the server becomes another user, who has to reach its state.
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute);
        File.WriteAllText(Path.Combine(directory, "clients.conf"), clientsConf);
        File.WriteAllText(Path.Combine(directory, "mandos.conf"), $"[DEFAULT]\nmax_connections_per_address = 15000\nmax_requests_per_client = 15000\n{settings}\n");
        var ip = IPAddress.Parse(address);
        int port = FreePort(ip);
        var start = new ProcessStartInfo(Path.Combine(root, "artifacts/mandos/mandos"))
        {
            RedirectStandardError = true,
            ArgumentList =
            {
                "--foreground", "--no-zeroconf", "--address", address, "--port", port.ToString(CultureInfo.InvariantCulture),
                "--configdir", directory, "--statedir", Path.Combine(directory, "state"),
                "--debuglevel", countLinesWith is null ? "WARNING" : "INFO",
            },
        };
        if (countLinesWith is not null && Path.Exists("/dev/log"))
        {
            // Without it only the system log would get the lines.
            start.ArgumentList.Add("--debug");
        }

        if (ip.AddressFamily == AddressFamily.InterNetwork)
        {
            start.ArgumentList.Add("--no-ipv6");
        }

        if (busAddress is null)
        {
            start.ArgumentList.Add("--no-dbus");
        }
        else
        {
            start.Environment["DBUS_SYSTEM_BUS_ADDRESS"] = busAddress;
        }

        prepare?.Invoke(start, directory);
        long started = Stopwatch.GetTimestamp();
        Process process = Process.Start(start)!;
        var endPoint = new IPEndPoint(ip, port);
        while (!await CanConnectAsync(endPoint))
        {
            if (process.HasExited)
            {
                throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        // The socket listens early; the first answer comes when the server serves.
        if (isServed)
        {
            await MandosPeer.FetchAsync(endPoint, new PeerOptions(PeerKeyPair.Create(PeerKeyKind.Ed25519)), CancellationToken.None);
        }

        var server = new ServerUnderTest(process, directory, endPoint, Stopwatch.GetElapsedTime(started));
        _ = server.CountLinesAsync(countLinesWith, log);
        return server;
    }

    /// <summary>Replaces clients.conf.</summary>
    public void Configure(string clientsConf) => File.WriteAllText(Path.Combine(_directory, "clients.conf"), clientsConf);

    /// <summary>Has the server re-read its clients.</summary>
    public void HangUp() => Process.Start("/bin/sh", ["-c", $"kill -HUP {_process.Id}"]).Dispose();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>One client's section.</summary>
    public static string Section(string name, string keyId, string options = "")
        => $"[{name}]\nhost = {name}.example.org\nkey_id = {keyId}\nsecret = {Convert.ToBase64String(Secret)}\n{options}\n";

    private static async Task<bool> CanConnectAsync(IPEndPoint endPoint)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task CountLinesAsync(string? text, TextWriter? log)
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            log?.WriteLine(line);
            if (text is not null && line.Contains(text, StringComparison.Ordinal))
            {
                Interlocked.Increment(ref _linesSeen);
            }
        }
    }
}
