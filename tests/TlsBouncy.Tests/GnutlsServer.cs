using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.TestKit.Peers;

namespace TlsBouncy.Tests;

/// <summary>gnutls-serv with a raw public key.</summary>
internal sealed class GnutlsServer : IAsyncDisposable
{
    private static readonly TimeSpan _startingTime = TimeSpan.FromSeconds(20);

    // Below the range from which the kernel takes the ports of outgoing connections.
    private const int FirstPort = 10_000;
    private const int Ports = 10_000;

    private static int _nextPort = Random.Shared.Next(Ports);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-gnutls-");
    private readonly int _port = FreePort();
    private readonly Process _process;

    public GnutlsServer(PeerKeyPair key, string priority, bool asksForCertificate)
        : this(key.ToPrivatePem(), key.ToPublicPem(), priority, asksForCertificate)
    {
    }

    public GnutlsServer(string privatePem, string publicPem, string priority, bool asksForCertificate)
    {
        string privateKey = Path.Combine(_directory.FullName, "key.pem");
        string publicKey = Path.Combine(_directory.FullName, "pubkey.pem");
        File.WriteAllText(privateKey, privatePem);
        File.WriteAllText(publicKey, publicPem);

        string[] arguments =
        [
            "--quiet", "--echo", "--port", _port.ToString(CultureInfo.InvariantCulture),
            "--rawpkkeyfile", privateKey, "--rawpkfile", publicKey,
            "--priority", $"NORMAL:-CTYPE-ALL:+CTYPE-SRV-RAWPK{priority}",
        ];
        ProcessStartInfo start = Describe("gnutls-serv", asksForCertificate ? arguments : [.. arguments, "--disable-client-cert"]);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Connects as soon as it listens.</summary>
    public async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource late = new(_startingTime, TimeProvider.System);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        while (true)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, _port, end.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (!_process.HasExited)
            {
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, end.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>Runs one of GnuTLS's programs to its end.</summary>
    /// <returns>Its standard output.</returns>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string input, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = Describe(program, arguments);
        start.RedirectStandardInput = true;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, $"{program}: {await errors}");
        return output;
    }

    private static ProcessStartInfo Describe(string program, IEnumerable<string> arguments)
    {
        string path = Path.Combine(Peers, "usr/bin", program);
        Assert.True(File.Exists(path), $"{path} is not there: ./test fetches it, or set MANDOS_PEERS");
        ProcessStartInfo start = new(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LD_LIBRARY_PATH"] = Path.Combine(Peers, "usr/lib/x86_64-linux-gnu");
        return start;
    }

    private static string Peers => Environment.GetEnvironmentVariable("MANDOS_PEERS")
        ?? Path.Combine(RepositoryRoot(), "artifacts/peers/root");

    /// <summary>A port on which nobody listens, never the same twice in one run.</summary>
    private static int FreePort()
    {
        while (true)
        {
            int port = FirstPort + (Interlocked.Increment(ref _nextPort) % Ports);
            try
            {
                using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // The next one, then.
            }
        }
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Mandos.sln")))
        {
            directory = directory.Parent;
        }
        return directory?.FullName ?? "/";
    }
}
