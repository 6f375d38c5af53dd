using System.Net;
using System.Net.Sockets;
using Mandos.Abstractions.Tls;

namespace Mandos.PluginContracts.Tls;

/// <summary>A TCP connection of this process with itself: the Mandos server's end, and the Mandos client's, where a peer runs.</summary>
internal sealed class TlsConnection : IDisposable
{
    private readonly NetworkStream _server;
    private readonly NetworkStream _peer;
    private readonly CancellationTokenSource _stop;

    private TlsConnection(
        Socket server, Socket client, ITlsTestPeer peer, int longestRead, CancellationToken cancellationToken)
    {
        _server = new NetworkStream(server, ownsSocket: true);
        _peer = new NetworkStream(client, ownsSocket: true);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Stream = new WatchedStream(_server, longestRead);
        Receiving = Task.Run(() => peer.ReceiveAsync(_peer, _stop.Token), CancellationToken.None);
    }

    /// <summary>The server's end.</summary>
    public WatchedStream Stream { get; }

    /// <summary>What the peer does.</summary>
    public Task<byte[]> Receiving { get; }

    /// <summary>Opens a connection, and starts a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Ends the peer.</param>
    /// <param name="longestRead">How many bytes a read of the server gives at most.</param>
    public static async Task<TlsConnection> OpenAsync(
        ITlsTestPeer peer, CancellationToken cancellationToken, int longestRead = int.MaxValue)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await client.ConnectAsync(listener.LocalEndpoint, cancellationToken).ConfigureAwait(false);
            Socket server = await listener.AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
            server.NoDelay = true;
            return new TlsConnection(server, client, peer, longestRead, cancellationToken);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Makes the server's handshake, on another thread, for it may block.</summary>
    public Task<ITlsSession> HandshakeAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken)
        => Task.Run(() => handshaker.HandshakeAsync(Stream, cancellationToken).AsTask(), CancellationToken.None);

    /// <summary>The peer goes away.</summary>
    public void ClosePeer() => _peer.Dispose();

    /// <summary>The peer says and reads nothing more, but stays.</summary>
    public async Task StopPeerAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)Receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _server.Dispose();
        _peer.Dispose();
        _stop.Dispose();
    }
}
