using Mandos.Abstractions.Tls;

namespace Mandos.PluginContracts.Tls;

/// <summary>What every <see cref="ITlsBackend"/> has to do.</summary>
public static class TlsBackendContract
{
    /// <summary>The server's default priority string: TLS 1.3 with raw public keys alone.</summary>
    public const string DefaultPriority = "SECURE128:!CTYPE-X.509:+CTYPE-RAWPK:!RSA:!VERS-ALL:+VERS-TLS1.3:%PROFILE_ULTRA";

    private static readonly string[] _badPriorities =
        ["", "NO-SUCH-KEYWORD", "NORMAL:+NO-SUCH-ALGORITHM", "NORMAL:-VERS-ALL", "NONE"];

    /// <summary>The checks of a TLS back end.</summary>
    /// <param name="create">Makes a back end.</param>
    /// <param name="peer">Makes a peer for the exchanges; without one these checks are left out.</param>
    /// <param name="limits">How long to wait.</param>
    public static IReadOnlyList<PluginCheck> Checks(
        Func<ContractContext, ITlsBackend> create, Func<ITlsTestPeer>? peer = null, ContractLimits? limits = null)
    {
        limits ??= new ContractLimits();
        List<PluginCheck> checks =
        [
            .. CommonChecks.Of(create, limits),
            Check("warms up under the default priority string", (handshaker, token) => handshaker.WarmUpAsync(token)),
            new("refuses bad priority strings", _ => Trial.UseAsync(create, (backend, _) => RefusesBadPrioritiesAsync(backend))),
            Check(
                "fails a handshake with a peer that talks nonsense",
                (handshaker, token) => FailsAsync(handshaker, Garbage(), token)),
            Check(
                "fails a handshake with a peer that answers with an alert",
                (handshaker, token) => FailsAsync(handshaker, Alert(), token)),
            Check(
                "fails a handshake with a peer that closes the connection",
                (handshaker, token) => FailsAsync(handshaker, [], token)),
            Check("stops a handshake when cancelled", StopsHandshakeAsync),
            Check("makes many handshakes at once", (handshaker, token) => Task.WhenAll(
                Enumerable.Range(0, 20).Select(_ => Task.Run(() => FailsAsync(handshaker, Garbage(), token), token)))),
        ];
        if (peer is not null)
        {
            checks.Add(Check("sends a secret", (handshaker, token) => SendsAsync(handshaker, peer(), Bytes(2000), token)));
            checks.Add(Check("sends an empty secret", (handshaker, token) => SendsAsync(handshaker, peer(), [], token)));
            checks.Add(Check(
                "sends a secret of a megabyte", (handshaker, token) => SendsAsync(handshaker, peer(), Bytes(1 << 20), token)));
            checks.Add(Check(
                "goes on after a cancelled wait for the peer", (handshaker, token) => GoesOnAsync(handshaker, peer(), token)));
            checks.Add(Check("notices that the peer is gone", (handshaker, token) => NoticesAsync(handshaker, peer(), token)));
        }

        return checks;

        PluginCheck Check(string name, Func<ITlsHandshaker, CancellationToken, Task> body) => new(
            name, token => Trial.UseAsync(create, (backend, _) => body(backend.CreateHandshaker(DefaultPriority), token)));

        async Task RefusesBadPrioritiesAsync(ITlsBackend backend)
        {
            foreach (string priority in _badPriorities)
            {
                PriorityStringException refusal = await Contract.RequireThrowsAsync<PriorityStringException>(
                    () => Task.FromResult(backend.CreateHandshaker(priority)),
                    $"given the priority string “{priority}”").ConfigureAwait(false);
                Contract.RequireOneLine(refusal.Message, "the message of a PriorityStringException");
            }
        }

        async Task FailsAsync(ITlsHandshaker handshaker, byte[] answer, CancellationToken cancellationToken)
        {
            using LoopbackConnection connection = await LoopbackConnection.OpenAsync(cancellationToken).ConfigureAwait(false);
            Task<ITlsSession> handshake = StartHandshake(handshaker, connection, cancellationToken);

            await BeginsAsync(handshake, connection, cancellationToken).ConfigureAwait(false);
            await connection.Peer.WriteAsync(answer, cancellationToken).ConfigureAwait(false);
            connection.Peer.Dispose();
            await Contract.EndsAsync(
                handshake, limits.Stop, "the handshake did not end when the peer was gone").ConfigureAwait(false);
            try
            {
                (await handshake.ConfigureAwait(false)).Dispose();
            }
            catch (Exception e) when (e is TlsHandshakeException or IOException)
            {
                Contract.RequireOneLine(e.Message, $"the message of a {e.GetType().Name}");
                return;
            }

            throw new ContractViolationException("the handshake succeeded with a peer that made none");
        }

        async Task StopsHandshakeAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken)
        {
            using LoopbackConnection connection = await LoopbackConnection.OpenAsync(cancellationToken).ConfigureAwait(false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<ITlsSession> handshake = StartHandshake(handshaker, connection, stop.Token);
            await BeginsAsync(handshake, connection, cancellationToken).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Contract.EndsAsync(handshake, limits.Stop, "the handshake did not end when cancelled").ConfigureAwait(false);
            await Contract.RequireThrowsAsync<OperationCanceledException>(
                () => handshake, "cancelled in a handshake").ConfigureAwait(false);
        }

        async Task SendsAsync(ITlsHandshaker handshaker, ITlsTestPeer other, byte[] secret, CancellationToken cancellationToken)
        {
            using LoopbackConnection connection = await LoopbackConnection.OpenAsync(cancellationToken).ConfigureAwait(false);
            Task<byte[]> receiving = Task.Run(() => other.ReceiveAsync(connection.Peer, cancellationToken), cancellationToken);
            using ITlsSession session = await HandshakeAsync(
                handshaker, other, connection, cancellationToken).ConfigureAwait(false);
            await SendAsync(session, receiving, secret, cancellationToken).ConfigureAwait(false);
        }

        async Task GoesOnAsync(ITlsHandshaker handshaker, ITlsTestPeer other, CancellationToken cancellationToken)
        {
            using LoopbackConnection connection = await LoopbackConnection.OpenAsync(cancellationToken).ConfigureAwait(false);
            Task<byte[]> receiving = Task.Run(() => other.ReceiveAsync(connection.Peer, cancellationToken), cancellationToken);
            using ITlsSession session = await HandshakeAsync(
                handshaker, other, connection, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < 2; i++)
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                Task waiting = session.WaitForPeerCloseAsync(stop.Token).AsTask();
                await Task.WhenAny(waiting, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
                Contract.Require(!waiting.IsCompleted, "WaitForPeerCloseAsync ended while the peer was there");
                await stop.CancelAsync().ConfigureAwait(false);
                await Contract.EndsAsync(
                    waiting, limits.Stop, "WaitForPeerCloseAsync did not end when cancelled").ConfigureAwait(false);
                await Contract.RequireThrowsAsync<OperationCanceledException>(
                    () => waiting, "cancelled in a wait").ConfigureAwait(false);
            }

            await SendAsync(session, receiving, Bytes(2000), cancellationToken).ConfigureAwait(false);
        }

        async Task NoticesAsync(ITlsHandshaker handshaker, ITlsTestPeer other, CancellationToken cancellationToken)
        {
            using LoopbackConnection connection = await LoopbackConnection.OpenAsync(cancellationToken).ConfigureAwait(false);
            Task<byte[]> receiving = Task.Run(() => other.ReceiveAsync(connection.Peer, cancellationToken), cancellationToken);
            using ITlsSession session = await HandshakeAsync(
                handshaker, other, connection, cancellationToken).ConfigureAwait(false);
            Task waiting = session.WaitForPeerCloseAsync(cancellationToken).AsTask();
            connection.Peer.Dispose();
            await Contract.EndsAsync(
                waiting, limits.Stop, "WaitForPeerCloseAsync did not end when the peer was gone").ConfigureAwait(false);
            await waiting.ConfigureAwait(false);
            await Task.WhenAny(receiving).ConfigureAwait(false);
        }

        async Task SendAsync(ITlsSession session, Task<byte[]> receiving, byte[] secret, CancellationToken cancellationToken)
        {
            await session.WriteAsync(secret, cancellationToken).ConfigureAwait(false);
            await session.CloseAsync(cancellationToken).ConfigureAwait(false);
            await Contract.EndsAsync(receiving, limits.Stop, "the peer got no close_notify").ConfigureAwait(false);
            byte[] received = await receiving.ConfigureAwait(false);
            Contract.Require(received.AsSpan().SequenceEqual(secret), "the peer did not receive what was sent");
        }
    }

    private static Task<ITlsSession> StartHandshake(
        ITlsHandshaker handshaker, LoopbackConnection connection, CancellationToken cancellationToken)
        => Task.Run(() => handshaker.HandshakeAsync(connection.Server, cancellationToken).AsTask(), CancellationToken.None);

    /// <summary>Waits until the handshake has sent something, or has ended.</summary>
    private static async Task BeginsAsync(Task handshake, LoopbackConnection connection, CancellationToken cancellationToken)
    {
        Task hello = connection.Peer.ReadAsync(new byte[4096], cancellationToken).AsTask();
        await Task.WhenAny(hello, handshake).ConfigureAwait(false);
    }

    private static async Task<ITlsSession> HandshakeAsync(
        ITlsHandshaker handshaker, ITlsTestPeer other, LoopbackConnection connection, CancellationToken cancellationToken)
    {
        ITlsSession session = await StartHandshake(handshaker, connection, cancellationToken).ConfigureAwait(false);
        Contract.Require(session.PeerKey.Type == PeerKeyType.RawPublicKey, "the peer's key should be a raw public key");
        Contract.Require(
            session.PeerKey.Encoded.Span.SequenceEqual(other.PublicKey.Span), "the peer's key is not the one that the peer has");
        Contract.Require(!string.IsNullOrWhiteSpace(session.Description), "the description of a session is empty");
        return session;
    }

    private static byte[] Garbage() => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>A fatal alert, handshake_failure (RFC 8446 section 6).</summary>
    private static byte[] Alert() => [21, 3, 3, 0, 2, 2, 40];

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(value => (byte)value)];
}
