using System.Text;
using Mandos.Abstractions.Tls;

namespace Mandos.PluginContracts.Tls;

/// <summary>The checks of a TLS back end.</summary>
internal sealed class TlsBackendChecks(
    Func<ContractContext, ITlsBackend> create, Func<ITlsTestPeer> createPeer, ContractLimits limits)
{
    private const int Many = 20;
    private const int Kilobyte = 1 << 10;
    private const int Megabyte = 1 << 20;

    private static readonly string[] _badPriorities =
        ["", "NO-SUCH-KEYWORD", "NORMAL:-VERS-ALL", "NONE"];

    private static readonly string[] _unknownWords =
        ["+NO-SUCH-ALGORITHM", "-SIGN-NO-SUCH-ALGORITHM", "!GROUP-NO-SUCH-GROUP", "%NO_SUCH_OPTION"];

    private static readonly (TlsPeerFault Fault, string Does)[] _faults =
    [
        (TlsPeerFault.ForeignSignature, "does not own the key that it shows"),
        (TlsPeerFault.ReplayedSignature, "shows a signature of another handshake"),
        (TlsPeerFault.BrokenSignature, "shows noise for a signature"),
        (TlsPeerFault.UnfitScheme, "names a signature scheme that does not fit its key"),
        (TlsPeerFault.NoSignature, "does not sign"),
        (TlsPeerFault.BrokenFinished, "ends the handshake wrongly"),
        (TlsPeerFault.NoFinished, "does not end the handshake"),
        (TlsPeerFault.X509Certificate, "shows an X.509 certificate"),
        (TlsPeerFault.X509InPlaceOfKey, "shows an X.509 certificate in place of a key"),
        (TlsPeerFault.NoCertificateType, "does not say that it shows a raw key"),
        (TlsPeerFault.NoCertificate, "shows no key"),
        (TlsPeerFault.TwoCertificates, "shows two keys"),
        (TlsPeerFault.LongKey, "has bytes after its key"),
        (TlsPeerFault.LongCertificate, "has bytes after its certificate message"),
        (TlsPeerFault.Unencrypted, "does not encrypt"),
        (TlsPeerFault.OldVersion, "chooses TLS 1.2"),
        (TlsPeerFault.UnofferedSuite, "chooses a cipher suite that is not offered"),
        (TlsPeerFault.UnofferedGroup, "chooses a group that is not offered"),
        (TlsPeerFault.OtherSession, "does not echo the session ID"),
        (TlsPeerFault.SecondRetry, "asks for another hello twice"),
        (TlsPeerFault.LongRecord, "sends a record that is too long"),
        (TlsPeerFault.LongMessage, "sends a message that is too long"),
        (TlsPeerFault.Flood, "sends records without meaning, and no end"),
    ];

    public IReadOnlyList<PluginCheck> All() =>
    [
        .. CommonChecks.Of(create, limits),
        Check("warms up under the default priority string", (handshaker, token) => handshaker.WarmUpAsync(token)),
        new("describes what it offers under the default priority string",
            _ => Trial.UseAsync(create, (backend, _) => DescribesPriorityAsync(backend))),
        new("refuses bad priority strings", _ => Trial.UseAsync(create, (backend, _) => RefusesBadPrioritiesAsync(backend))),
        new("ignores unknown words of priority strings", _ => Trial.UseAsync(create, (backend, _) => PassesOverUnknownAsync(backend))),
        Check("sends a secret", (handshaker, token) => SendsAsync(handshaker, Bytes(2 * Kilobyte), token)),
        Check("sends an empty secret", (handshaker, token) => SendsAsync(handshaker, [], token)),
        Check("sends a secret of a megabyte", (handshaker, token) => SendsAsync(handshaker, Bytes(Megabyte), token)),
        Check("reads from a connection that gives a byte at a time",
            (handshaker, token) => SendsAsync(handshaker, Bytes(Kilobyte), token, longestRead: 1)),
        Check("makes many handshakes at once", (handshaker, token) => Task.WhenAll(
            Enumerable.Range(0, Many).Select(i => Task.Run(() => SendsAsync(handshaker, Bytes(i), token), token)))),
        new("shows no secret", token => Trial.UseAsync(create, (backend, context) => ShowsNoSecretAsync(backend, context, token))),
        Check("leaves the connection open, which is the server's", LeavesConnectionAsync),
        Check("waits for the peer to go without holding the thread", WaitsAsideAsync),
        Check("goes on after a cancelled wait for the peer", GoesOnAsync),
        Check("notices that the peer is gone", NoticesAsync),
        Check("fails with an IOException when it sends to a peer that is gone", FailsToSendAsync),
        Check("stops sending when cancelled", StopsSendingAsync),
        Check("stops a handshake when cancelled, at each step", StopsHandshakesAsync),
        Check("ends a handshake that the peer breaks off, at each step", EndsBrokenOffAsync),
        Check("refuses a peer that talks nonsense", (handshaker, token) => RefusesAsync(handshaker, Garbage(), token)),
        Check("refuses a peer that answers with an alert", (handshaker, token) => RefusesAsync(handshaker, Alert(), token)),
        .. _faults.Select(fault => Check(
            $"refuses a peer that {fault.Does}",
            (handshaker, token) => RefusesAsync(handshaker, new RawKeyTlsPeer { Fault = fault.Fault }, token))),
    ];

    private PluginCheck Check(string name, Func<ITlsHandshaker, CancellationToken, Task> body) => new(
        name,
        token => Trial.UseAsync(create, (backend, _) => body(backend.CreateHandshaker(TlsBackendContract.DefaultPriority), token)));

    private static async Task RefusesBadPrioritiesAsync(ITlsBackend backend)
    {
        foreach (string priority in _badPriorities)
        {
            await RefusesAsync(() => backend.CreateHandshaker(priority)).ConfigureAwait(false);
            await RefusesAsync(() => backend.DescribePriority(priority)).ConfigureAwait(false);

            async Task RefusesAsync(Func<object> use)
            {
                PriorityStringException refusal = await Contract.RequireThrowsAsync<PriorityStringException>(
                    () => Task.FromResult(use()), $"given the priority string “{priority}”").ConfigureAwait(false);
                Contract.RequireOneLine(refusal.Message, "the message of a PriorityStringException");
                Contract.Require(
                    refusal.Offset >= 0 && refusal.Offset <= priority.Length,
                    $"the offset of a PriorityStringException is outside of the string “{priority}”");
            }
        }
    }

    private static Task DescribesPriorityAsync(ITlsBackend backend)
    {
        PriorityDescription description = backend.DescribePriority(TlsBackendContract.DefaultPriority);
        Contract.Require(description.Versions.Contains("TLS1.3"), "it does not say that it offers TLS1.3");
        Contract.Require(description.CertificateTypes.Contains("RAWPK"), "it does not say that it offers RAWPK");
        foreach (IReadOnlyList<string> offered in
            (IReadOnlyList<string>[])[description.CipherSuites, description.Groups, description.Signatures])
        {
            Contract.Require(offered.Count > 0, "it offers no cipher suite, no group or no signature algorithm, as it says");
        }

        return Task.CompletedTask;
    }

    private static Task PassesOverUnknownAsync(ITlsBackend backend)
    {
        string priority = string.Join(':', [TlsBackendContract.DefaultPriority, .. _unknownWords]);
        backend.CreateHandshaker(priority);
        IEnumerable<string> unnamed = _unknownWords.Except(backend.DescribePriority(priority).Unknown);
        Contract.Require(!unnamed.Any(), $"it does not say that it does not know {string.Join(", ", unnamed)}");
        return Task.CompletedTask;
    }

    private Task SendsAsync(
        ITlsHandshaker handshaker, byte[] secret, CancellationToken cancellationToken, int longestRead = int.MaxValue)
        => ConnectAsync(
            handshaker,
            (session, connection) => SendAsync(session, connection, secret, cancellationToken),
            cancellationToken,
            longestRead);

    private async Task ShowsNoSecretAsync(ITlsBackend backend, ContractContext context, CancellationToken cancellationToken)
    {
        string secret = $"secret{Random.Shared.NextInt64(1L << 60):x}";
        ITlsHandshaker handshaker = backend.CreateHandshaker(TlsBackendContract.DefaultPriority);
        List<string?> shown = [backend.ToString(), handshaker.ToString()];
        await ConnectAsync(
            handshaker,
            async (session, connection) =>
            {
                await SendAsync(session, connection, Encoding.ASCII.GetBytes(secret), cancellationToken).ConfigureAwait(false);
                shown.AddRange([session.ToString(), session.Description, session.PeerKey.ToString()]);
            },
            cancellationToken).ConfigureAwait(false);
        byte[] bytes = Encoding.ASCII.GetBytes(secret);
        foreach (string text in (string[])[secret, Convert.ToBase64String(bytes), Convert.ToHexString(bytes)])
        {
            Contract.RequireHidden(text, shown, context, "what was sent to the peer");
        }
    }

    private async Task LeavesConnectionAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken)
    {
        await ConnectAsync(
            handshaker,
            async (session, connection) =>
            {
                await SendAsync(session, connection, Bytes(Kilobyte), cancellationToken).ConfigureAwait(false);
                session.Dispose();
                session.Dispose();
                Contract.Require(
                    !connection.Stream.IsDisposed,
                    "it disposes the stream, which belongs to the caller, who has to let the secret reach the peer");
            },
            cancellationToken).ConfigureAwait(false);
    }

    private Task WaitsAsideAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken) => ConnectAsync(
        handshaker,
        async (session, connection) =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task waiting = Task.Run(
                () =>
                {
                    ValueTask wait = session.WaitForPeerCloseAsync(stop.Token);
                    returned.SetResult();
                    return wait.AsTask();
                },
                CancellationToken.None);
            await Contract.EndsAsync(
                returned.Task, limits.Stop, "WaitForPeerCloseAsync blocks its thread").ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Contract.EndsAsync(
                waiting, limits.Stop, "WaitForPeerCloseAsync did not end when cancelled").ConfigureAwait(false);
        },
        cancellationToken);

    private Task GoesOnAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken) => ConnectAsync(
        handshaker,
        async (session, connection) =>
        {
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

            await SendAsync(session, connection, Bytes(2 * Kilobyte), cancellationToken).ConfigureAwait(false);
        },
        cancellationToken);

    private Task NoticesAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken) => ConnectAsync(
        handshaker,
        async (session, connection) =>
        {
            Task waiting = session.WaitForPeerCloseAsync(cancellationToken).AsTask();
            connection.ClosePeer();
            await Contract.EndsAsync(
                waiting, limits.Stop, "WaitForPeerCloseAsync did not end when the peer was gone").ConfigureAwait(false);
            await waiting.ConfigureAwait(false);
        },
        cancellationToken);

    private Task FailsToSendAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken) => ConnectAsync(
        handshaker,
        async (session, connection) =>
        {
            connection.ClosePeer();
            Task sending = Task.Run(
                async () =>
                {
                    // The first ones may go to the buffers of the system.
                    for (int i = 0; i < Megabyte; i++)
                    {
                        await session.WriteAsync(Bytes(Kilobyte), cancellationToken).ConfigureAwait(false);
                    }
                },
                CancellationToken.None);
            await Contract.EndsAsync(sending, limits.Stop, "WriteAsync did not fail when the peer was gone").ConfigureAwait(false);
            await Contract.RequireThrowsAsync<IOException>(
                () => sending, "sending to a peer that is gone").ConfigureAwait(false);
        },
        cancellationToken);

    private Task StopsSendingAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken) => ConnectAsync(
        handshaker,
        async (session, connection) =>
        {
            await connection.StopPeerAsync().ConfigureAwait(false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

            // More than the buffers of the system take.
            Task sending = Task.Run(() => session.WriteAsync(Bytes(32 * Megabyte), stop.Token).AsTask(), CancellationToken.None);
            await Task.WhenAny(sending, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Contract.EndsAsync(sending, limits.Stop, "WriteAsync did not end when cancelled").ConfigureAwait(false);
            await Contract.RequireThrowsAsync<OperationCanceledException>(
                () => sending, "cancelled while it sends to a peer that does not read").ConfigureAwait(false);
        },
        cancellationToken);

    private async Task StopsHandshakesAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken)
    {
        foreach (TlsPeerStep step in Enum.GetValues<TlsPeerStep>())
        {
            using var peer = new RawKeyTlsPeer { StopsBefore = step };
            using TlsConnection connection = await TlsConnection.OpenAsync(peer, cancellationToken).ConfigureAwait(false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<ITlsSession> handshake = connection.HandshakeAsync(handshaker, stop.Token);
            await Task.WhenAny(connection.Receiving, handshake).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await Contract.EndsAsync(
                handshake, limits.Stop, $"the handshake did not end when cancelled before {step}").ConfigureAwait(false);
            await Contract.RequireThrowsAsync<OperationCanceledException>(
                () => handshake, $"cancelled in a handshake before {step}").ConfigureAwait(false);
        }
    }

    private async Task EndsBrokenOffAsync(ITlsHandshaker handshaker, CancellationToken cancellationToken)
    {
        foreach (TlsPeerStep step in Enum.GetValues<TlsPeerStep>())
        {
            await RefusesAsync(handshaker, new RawKeyTlsPeer { StopsBefore = step }, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task RefusesAsync(ITlsHandshaker handshaker, byte[] answer, CancellationToken cancellationToken)
        => RefusesAsync(handshaker, new ScriptedPeer(answer), cancellationToken);

    /// <summary>Makes a handshake with a peer that fails, and then goes away: it must fail, too.</summary>
    private async Task RefusesAsync(ITlsHandshaker handshaker, ITlsTestPeer peer, CancellationToken cancellationToken)
    {
        using var ownedPeer = peer as IDisposable;
        using TlsConnection connection = await TlsConnection.OpenAsync(peer, cancellationToken).ConfigureAwait(false);
        Task<ITlsSession> handshake = connection.HandshakeAsync(handshaker, cancellationToken);
        await Task.WhenAny(
            connection.Receiving, handshake, Task.Delay(limits.Run, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
        connection.ClosePeer();
        await Contract.EndsAsync(
            handshake, limits.Stop, "the handshake did not end when the peer was gone").ConfigureAwait(false);
        try
        {
            (await handshake.ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is TlsHandshakeException or IOException)
        {
            Contract.RequireOneLine(e.Message, $"the message of a {e.GetType().Name}");
            Contract.Require(!connection.Stream.IsDisposed, "it disposes the stream, which is the caller's");
            return;
        }

        throw new ContractViolationException("the handshake succeeded");
    }

    /// <summary>Makes a handshake with a good peer, and does something with the session.</summary>
    private async Task ConnectAsync(
        ITlsHandshaker handshaker,
        Func<ITlsSession, TlsConnection, Task> use,
        CancellationToken cancellationToken,
        int longestRead = int.MaxValue)
    {
        ITlsTestPeer peer = createPeer();
        using var ownedPeer = peer as IDisposable;
        using TlsConnection connection = await TlsConnection.OpenAsync(peer, cancellationToken, longestRead).ConfigureAwait(false);
        using ITlsSession session = await connection.HandshakeAsync(handshaker, cancellationToken).ConfigureAwait(false);
        Contract.Require(session.PeerKey.Type == PeerKeyType.RawPublicKey, "the peer's key should be a raw public key");
        Contract.Require(
            session.PeerKey.Encoded.Span.SequenceEqual(peer.PublicKey.Span), "the peer's key is not the one that the peer has");
        Contract.RequireOneLine(session.Description, "the description of a session");
        await use(session, connection).ConfigureAwait(false);
    }

    private async Task SendAsync(
        ITlsSession session, TlsConnection connection, byte[] secret, CancellationToken cancellationToken)
    {
        await session.WriteAsync(secret, cancellationToken).ConfigureAwait(false);
        await session.CloseAsync(cancellationToken).ConfigureAwait(false);
        await Contract.EndsAsync(connection.Receiving, limits.Stop, "the peer got no close_notify").ConfigureAwait(false);
        byte[] received = await connection.Receiving.ConfigureAwait(false);
        Contract.Require(received.AsSpan().SequenceEqual(secret), "the peer did not receive what was sent");
    }

    private static byte[] Garbage() => "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>A fatal alert, handshake_failure (RFC 8446 section 6).</summary>
    private static byte[] Alert() => [21, 3, 3, 0, 2, 2, 40];

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(value => (byte)value)];
}
