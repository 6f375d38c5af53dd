using System.Net;
using System.Net.Sockets;
using Mandos.Engine.Protocol;

namespace Mandos.Host.Listening;

/// <summary>An accepted TCP connection.</summary>
internal sealed class SocketPeerConnection : IPeerConnection
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    /// <param name="socket">The connection, which becomes this object's.</param>
    /// <exception cref="SocketException">The peer is gone already.</exception>
    public SocketPeerConnection(Socket socket)
    {
        _socket = socket;
        var remote = (IPEndPoint)socket.RemoteEndPoint!;
        RemoteEndPoint = remote.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(remote.Address.MapToIPv4(), remote.Port) : remote;
        socket.NoDelay = true; // handshake messages go out at once
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Stream Stream => _stream;

    public IPEndPoint RemoteEndPoint { get; }

    public void ShutdownSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone: there is nothing left to end.
        }
    }

    public void Dispose() => _stream.Dispose();
}
