using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.Bench.Load;
using Mandos.TestKit.Peers;

namespace Mandos.Bench.Siege;

/// <summary>The built server on one processor, with one client and the limits that it has by default.</summary>
internal sealed class SiegedServer : IAsyncDisposable
{
    /// <summary>The processor that it has, on which the strangers are not.</summary>
    public const int Processor = 0;

    private const int Port = 1616;

    private readonly Process _process;
    private readonly DirectoryInfo _directory;
    private readonly Task _log;
    private string _lastLine = "";

    private SiegedServer(Process process, DirectoryInfo directory, IPEndPoint endPoint)
    {
        (_process, _directory, EndPoint) = (process, directory, endPoint);
        _log = ReadAsync(process.StandardError);
    }

    /// <summary>Its exit status and the last line of its log, if it has ended.</summary>
    public string? End => _process.HasExited ? $"status {_process.ExitCode}: {_lastLine}" : null;

    public IPEndPoint EndPoint { get; }

    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;
        }
    }

    public long Megabytes
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? 0 : _process.WorkingSet64 >> 20;
        }
    }

    /// <summary>Starts one, and waits until it serves.</summary>
    /// <param name="program">The server.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="client">The client's key.</param>
    /// <param name="settings">Lines of mandos.conf.</param>
    public static async Task<SiegedServer> StartAsync(string program, IPAddress address, PeerKeyPair client, string settings)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("mandos-siege-");
        directory.UnixFileMode |= UnixFileMode.OtherExecute; // it becomes another user, who has to reach its state
        string secret = Convert.ToBase64String(ServerUnderTest.Secret);
        File.WriteAllText(Path.Combine(directory.FullName, "clients.conf"), $"[client]\nchecker = true\nkey_id = {client.KeyId}\nsecret = {secret}\n");
        File.WriteAllText(Path.Combine(directory.FullName, "mandos.conf"), $"[DEFAULT]\n{settings}\n");
        Process process = Process.Start(new ProcessStartInfo("taskset",
        [
            "-c", Processor.ToString(CultureInfo.InvariantCulture), program, "--foreground", "--no-zeroconf", "--no-dbus",
            "--address", address.ToString(), "--port", Port.ToString(CultureInfo.InvariantCulture), "--configdir", directory.FullName,
            "--statedir", Path.Combine(directory.FullName, "state"),
            .. address.AddressFamily == AddressFamily.InterNetwork ? (string[])["--no-ipv6"] : [],
        ])
        {
            RedirectStandardError = true,
        })!;
        var server = new SiegedServer(process, directory, new IPEndPoint(address, Port));
        while (!(await MandosPeer.FetchAsync(server.EndPoint, new PeerOptions(client), default)).Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret))
        {
            if (process.HasExited)
            {
                await server._log;
                throw new InvalidOperationException($"the server did not start: {server._lastLine}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _log;
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task ReadAsync(StreamReader log)
    {
        while (await log.ReadLineAsync() is { } line)
        {
            _lastLine = line.Length > 0 ? line : _lastLine;
        }
    }
}
