using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Mandos.TestKit;
using Mandos.TestKit.Peers;

namespace TlsBouncy.Tests;

/// <summary>gnutls-serv with a raw public key.</summary>
internal sealed class GnutlsServer : IAsyncDisposable
{
    private static readonly TimeSpan _startingTime = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mandos-gnutls-");
    private readonly int _port = FreePort.Find();
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
        _process = Process.Start(Command.Describe("gnutls-serv", asksForCertificate ? arguments : [.. arguments, "--disable-client-cert"]))!;
        _process.StandardInput.Close();
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

    /// <summary>Runs one of GnuTLS's programs, which must succeed.</summary>
    /// <returns>Its standard output.</returns>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string input)
    {
        CommandResult result = await Command.RunAsync(Command.Describe(program, arguments), input);
        Assert.True(result.ExitCode == 0, $"{program}: {result.Errors}");
        return result.Output;
    }
}
