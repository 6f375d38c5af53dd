using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.TestPeers;

namespace TlsBouncy.Tests;

/// <summary>gnutls-serv with a raw public key.</summary>
internal sealed class GnutlsServer : IAsyncDisposable
{
    private static readonly TimeSpan _startingTime = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-gnutls-");
    private readonly int _port = FreePort();
    private readonly Process _process;

    public GnutlsServer(PeerKeyPair key, string priority, bool asksForCertificate)
    {
        string privateKey = Path.Combine(_directory.FullName, "key.pem");
        string publicKey = Path.Combine(_directory.FullName, "pubkey.pem");
        File.WriteAllText(privateKey, key.ToPrivatePem());
        File.WriteAllText(publicKey, key.ToPublicPem());

        ProcessStartInfo start = new(Tool("gnutls-serv"))
        {
            ArgumentList =
            {
                "--quiet", "--echo", "--port", _port.ToString(CultureInfo.InvariantCulture),
                "--rawpkkeyfile", privateKey, "--rawpkfile", publicKey,
                "--priority", $"NORMAL:-CTYPE-ALL:+CTYPE-SRV-RAWPK{priority}",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (!asksForCertificate)
        {
            start.ArgumentList.Add("--disable-client-cert");
        }
        start.Environment["LD_LIBRARY_PATH"] = Path.Combine(Peers, "usr/lib/x86_64-linux-gnu");
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

    /// <summary>Path of one of GnuTLS's programs.</summary>
    public static string Tool(string name)
    {
        string program = Path.Combine(Peers, "usr/bin", name);
        Assert.True(File.Exists(program), $"{program} is not there: ./test fetches it, or set MANDOS_PEERS");
        return program;
    }

    private static string Peers => Environment.GetEnvironmentVariable("MANDOS_PEERS")
        ?? Path.Combine(RepositoryRoot(), "artifacts/peers/root");

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
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
