using System.Net;
using System.Net.Sockets;

namespace TlsBouncy.Tests;

/// <summary>Both ends of a TCP connection over loopback.</summary>
internal sealed class Connection : IDisposable
{
    private Connection(Socket server, Socket peer)
    {
        Server = new NetworkStream(server, ownsSocket: true);
        Peer = new NetworkStream(peer, ownsSocket: true);
    }

    /// <summary>The Mandos server's end.</summary>
    public NetworkStream Server { get; }

    /// <summary>The Mandos client's end.</summary>
    public NetworkStream Peer { get; }

    public static async Task<Connection> OpenAsync(CancellationToken cancellationToken)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await peer.ConnectAsync(listener.LocalEndPoint!, cancellationToken);
        Socket server = await listener.AcceptAsync(cancellationToken);
        server.NoDelay = true;
        return new Connection(server, peer);
    }

    public void Dispose()
    {
        Server.Dispose();
        Peer.Dispose();
    }
}
