using Mandos.Abstractions.Tls;
using Mandos.TestKit;
using Mandos.TestKit.Peers;
using Mandos.TlsBouncy;
using Mandos.TlsBouncy.Limits;
using Mandos.TlsBouncy.Priority;

namespace TlsBouncy.Tests;

/// <summary>Base of tests that make handshakes.</summary>
public abstract class TlsTest : IDisposable
{
    /// <summary>Far more than any test takes: it only keeps a fault from hanging the run.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromMinutes(2);

    private readonly BouncyTlsBackend _backend = new(new TestPluginContext());
    private readonly CancellationTokenSource _late = new(_longest, TimeProvider.System);
    private readonly CancellationTokenSource _end;

    protected TlsTest()
    {
        Handshaker = _backend.CreateHandshaker(PriorityString.Default);
        _end = CancellationTokenSource.CreateLinkedTokenSource(_late.Token, TestContext.Current.CancellationToken);
    }

    protected ITlsHandshaker Handshaker { get; }

    protected CancellationToken Token => _end.Token;

    protected ITlsHandshaker CreateHandshaker(string priority) => _backend.CreateHandshaker(priority);

    protected static PeerOptions HonestPeer() => new(PeerKeyPair.Create(PeerKeyKind.Ed25519));

    public void Dispose()
    {
        _backend.Dispose();
        _end.Dispose();
        _late.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets a peer fetch a secret, and checks that it got it and that the session had its key.</summary>
    /// <returns>The session's description.</returns>
    protected async Task<string> ExchangeAsync(
        PeerOptions peer, byte[]? secret = null, ITlsHandshaker? handshaker = null, PeerKey? identity = null)
    {
        identity ??= new PeerKey(PeerKeyType.RawPublicKey, peer.Key.SubjectPublicKeyInfo);
        secret ??= "the secret"u8.ToArray();
        using Connection connection = await Connection.OpenAsync(Token);
        Task<PeerOutcome> outcome = MandosPeer.ServeAsync(connection.Peer, peer, Token);
        using ITlsSession session = await (handshaker ?? Handshaker).HandshakeAsync(connection.Server, Token);
        Assert.Equal(identity.Type, session.PeerKey.Type);
        Assert.Equal(identity.Encoded.ToArray(), session.PeerKey.Encoded.ToArray());
        await session.WriteAsync(secret, Token);
        await session.CloseAsync(Token);

        PeerOutcome got = await outcome;
        Assert.Equal(PeerEnding.CloseNotify, got.Ending);
        Assert.Equal(secret, got.Secret);
        return session.Description;
    }

    /// <summary>Checks that a handshake with a peer is refused in good order, and that the next one succeeds.</summary>
    /// <param name="peer">Plays the peer on its end of a connection; it may fail when it is cut off.</param>
    /// <param name="handshaker">By default that of the default priority string.</param>
    /// <returns>The reason given.</returns>
    protected async Task<string> RefusedAsync(Func<Stream, Task> peer, ITlsHandshaker? handshaker = null)
    {
        string reason;
        using (Connection connection = await Connection.OpenAsync(Token))
        {
            Task peerTask = peer(connection.Peer);
            CountingStream counted = new(connection.Server);
            TlsHandshakeException refusal = await Assert.ThrowsAsync<TlsHandshakeException>(
                async () => await (handshaker ?? Handshaker).HandshakeAsync(counted, Token));
            reason = refusal.Message;
            Assert.DoesNotContain('\n', reason);
            Assert.DoesNotContain("Exception", reason, StringComparison.Ordinal);
            Assert.InRange(counted.BytesRead, 0, TlsLimits.HandshakeBytes + TlsLimits.ReadBytes);
            connection.Server.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            connection.Server.Dispose();
            try
            {
                await peerTask;
            }
            catch (IOException)
            {
                // Cut off.
            }
        }

        await ExchangeAsync(HonestPeer());
        return reason;
    }
}
