using System.Buffers.Binary;
using System.Collections.Concurrent;
using Mandos.Abstractions.Tls;

namespace Mandos.Engine.Tests.Support;

/// <summary>TLS that does what each peer has been told to do.</summary>
internal sealed class FakeTls : ITlsHandshaker
{
    private readonly ConcurrentDictionary<int, FakePeer> _peers = new();

    public void Add(FakePeer peer) => _peers[peer.Number] = peer;

    public Task WarmUpAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask<ITlsSession> HandshakeAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] hello = new byte[FakePeer.HelloLength];
        await stream.ReadExactlyAsync(hello, cancellationToken);
        if (hello[0] != FakePeer.HelloByte
            || !_peers.TryRemove(BinaryPrimitives.ReadInt32BigEndian(hello.AsSpan(1)), out FakePeer? peer))
        {
            throw new TlsHandshakeException("no hello");
        }

        peer.InHandshake = true;
        await stream.FlushAsync(cancellationToken); // its turn is over
        try
        {
            return new Session(peer, await peer.Handshake.Task.WaitAsync(cancellationToken));
        }
        finally
        {
            peer.InHandshake = false;
        }
    }

    private sealed class Session(FakePeer peer, PeerKey key) : ITlsSession
    {
        public PeerKey PeerKey => key;

        public string Description => "fake";

        public async ValueTask WaitForPeerCloseAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            peer.InWait = true;
            try
            {
                await peer.Gone.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                peer.InWait = false;
            }
        }

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            peer.InWrite = true;
            try
            {
                await peer.Write.Task.WaitAsync(peer.TakesWhatIsOnItsWay || peer.HeedsNoToken ? CancellationToken.None : cancellationToken);
                peer.Received = [.. peer.Received ?? [], .. data.Span];
            }
            finally
            {
                peer.InWrite = false;
            }
        }

        public ValueTask CloseAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (peer.CloseError is { } error)
            {
                throw error;
            }

            if (peer.Gone.Task.IsCompleted)
            {
                throw new IOException("the peer is gone");
            }

            peer.GotCloseNotify = true;
            return ValueTask.CompletedTask;
        }

        public void Dispose() => peer.SessionIsDisposed = true;
    }
}
