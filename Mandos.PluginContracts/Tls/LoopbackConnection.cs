using System.Net;
using System.Net.Sockets;

namespace Mandos.PluginContracts.Tls;

/// <summary>A TCP connection of this process with itself.</summary>
internal sealed class LoopbackConnection : IDisposable
{
    private LoopbackConnection(Socket server, Socket peer)
    {
        Server = new NetworkStream(server, ownsSocket: true);
        Peer = new NetworkStream(peer, ownsSocket: true);
    }

    /// <summary>The Mandos server's end.</summary>
    public Stream Server { get; }

    /// <summary>The Mandos client's end.</summary>
    public Stream Peer { get; }

    public static async Task<LoopbackConnection> OpenAsync(CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await peer.ConnectAsync(listener.LocalEndpoint, cancellationToken).ConfigureAwait(false);
            Socket server = await listener.AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
            server.NoDelay = true;
            return new LoopbackConnection(server, peer);
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Server.Dispose();
        Peer.Dispose();
    }
}
