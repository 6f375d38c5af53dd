using System.Net;
using System.Net.Sockets;
using Mandos.Engine.Protocol;

namespace Mandos.Host.Listening;

/// <summary>An accepted TCP connection.</summary>
internal sealed class SocketPeerConnection : IPeerConnection
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly Action _closed;
    private bool _isClosed;

    /// <param name="socket">The connection, which becomes this object's.</param>
    /// <param name="closed">Is called once, as soon as its descriptor is closed.</param>
    /// <exception cref="SocketException">The peer is gone already.</exception>
    public SocketPeerConnection(Socket socket, Action closed)
    {
        (_socket, _closed) = (socket, closed);
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

    public void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
            _socket.Close();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer is gone: nobody gets what has not left.
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (!Interlocked.Exchange(ref _isClosed, true))
        {
            _closed();
        }
    }
}
