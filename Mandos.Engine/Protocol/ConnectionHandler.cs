using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

/// <summary>Serves one connection after the other phase: first line, handshake, decision, secret, close.</summary>
/// <remarks>Runs outside the engine loop; what concerns clients and limits is posted to it. A connection that waits holds no thread.</remarks>
internal sealed partial class ConnectionHandler(
    EngineLoop loop, ConnectionTable table, ApprovalDesk approvals, ITlsHandshaker tls, ILogger logger)
{
    private readonly ILogger _logger = logger;

    /// <summary>Serves a connection to its end. Does not throw.</summary>
    public async Task ServeAsync(Connection connection)
    {
        IPEndPoint peer = connection.Peer.RemoteEndPoint;
        try
        {
            await ServeAsync(connection, peer).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (connection.Aborted.IsCancellationRequested)
        {
            LogAborted(peer, connection.AbortReason ?? "no reason given");
        }
        catch (ProtocolException e)
        {
            LogProtocol(peer, e.Message);
        }
        catch (TlsHandshakeException e)
        {
            LogHandshakeFailed(peer, e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            LogBroken(peer, e.Message);
        }
#pragma warning disable CA1031 // Whatever a peer provokes ends its own connection alone
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogUnexpected(peer, e);
        }
        finally
        {
            try
            {
                connection.Peer.Dispose();
            }
            finally
            {
                loop.Post(table.Leave, connection);
            }
        }
    }

    private async Task ServeAsync(Connection connection, IPEndPoint peer)
    {
        LogConnected(peer);
        (byte[] line, byte[] rest) = await FirstLine.ReadAsync(connection.Peer.Stream, connection.Aborted).ConfigureAwait(false);
        if (!FirstLine.IsSupported(line))
        {
            LogUnknownVersion(peer, FirstLine.Show(line));
            return;
        }

        connection.Enter(ConnectionPhase.Handshake);
        Stream stream = rest.Length == 0 ? connection.Peer.Stream : new PrefixedStream(rest, connection.Peer.Stream);
        using ITlsSession session = await tls.HandshakeAsync(stream, connection.Aborted).ConfigureAwait(false);
        LogHandshake(peer, session.Description);

        connection.Enter(ConnectionPhase.Deciding);
        string keyId = PeerIdentity.Of(session.PeerKey);
        SecretRequest? request = await loop.InvokeAsync(() =>
        {
            // It may have given way, or the server may have begun to stop, while it was on its way here.
            connection.Aborted.ThrowIfCancellationRequested();
            SecretRequest? opened = approvals.Open(keyId, peer.Address);
            if (opened is not null)
            {
                ConnectionTable.Authenticated(connection);
            }

            return opened;
        }).ConfigureAwait(false);

        if (request is not null)
        {
            RequestOutcome outcome = await WaitAsync(connection, session, request).ConfigureAwait(false);
            if (outcome.Secret is { } secret)
            {
                await SendAsync(connection, session, request, secret).ConfigureAwait(false);
            }
        }

        await CloseAsync(connection, session).ConfigureAwait(false);
    }

    /// <summary>Waits until the request is decided, or the peer is gone.</summary>
    private async Task<RequestOutcome> WaitAsync(Connection connection, ITlsSession session, SecretRequest request)
    {
        if (!request.Outcome.IsCompleted)
        {
            connection.Enter(ConnectionPhase.Held);
            using var decided = CancellationTokenSource.CreateLinkedTokenSource(connection.Aborted);
            Task peerGone = WaitForPeerCloseAsync(connection, session, decided.Token);
            if (await Task.WhenAny(request.Outcome, peerGone).ConfigureAwait(false) == peerGone)
            {
                loop.Post(approvals.Abandon, request);
            }

            await decided.CancelAsync().ConfigureAwait(false);
            await peerGone.ConfigureAwait(false);
        }

        return await request.Outcome.ConfigureAwait(false);
    }

    /// <summary>Ends when the peer is gone, the connection is aborted, or waiting is over. Does not throw.</summary>
    private async Task WaitForPeerCloseAsync(Connection connection, ITlsSession session, CancellationToken cancellationToken)
    {
        try
        {
            await session.WaitForPeerCloseAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // All of them end the wait.
        }
#pragma warning disable CA1031 // A fault ends the wait too: the request behind it has to be settled, or its secret and its count leak
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogUnexpected(connection.Peer.RemoteEndPoint, e);
        }
    }

    private async Task SendAsync(Connection connection, ITlsSession session, SecretRequest request, Secret.Lease secret)
    {
        bool wasHeld = connection.Phase == ConnectionPhase.Held;
        connection.Enter(ConnectionPhase.Sending);
        if (wasHeld)
        {
            loop.Post(table.Watch, connection);
        }

        bool sent = false;
        try
        {
            using (secret)
            {
                await session.WriteAsync(secret.Memory, connection.Aborted).ConfigureAwait(false);
            }

            sent = true;
        }
        finally
        {
            loop.Post(() => approvals.Finish(request, sent));
            if (!sent)
            {
                LogNotSent(connection.Peer.RemoteEndPoint, request.Client.Name);
            }
        }
    }

    /// <summary>Ends an exchange so that nothing sent is lost: close_notify, end of sending, then a short wait for the peer to close.</summary>
    private async Task CloseAsync(Connection connection, ITlsSession session)
    {
        connection.Enter(ConnectionPhase.Closing);
        loop.Post(table.Watch, connection);
        try
        {
            await session.CloseAsync(connection.Aborted).ConfigureAwait(false);
            connection.Peer.ShutdownSend();
            await DrainAsync(connection.Peer.Stream, connection.Aborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            LogNotClosed(connection.Peer.RemoteEndPoint, e.Message);
        }
    }

    private static async Task DrainAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ProtocolLimits.ClosingBytes);
        try
        {
            int read;
            for (int total = 0; total < ProtocolLimits.ClosingBytes; total += read)
            {
                read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
