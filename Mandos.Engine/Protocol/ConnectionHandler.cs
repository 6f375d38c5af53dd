using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Approval;
using Mandos.Engine.Clients;
using Mandos.Engine.Invitations;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Protocol;

/// <summary>Serves one connection after the other phase: first line, handshake, decision, secret, close.</summary>
/// <remarks>Runs outside the engine loop; work on clients and limits is posted to it. A connection that waits holds no thread.</remarks>
internal sealed partial class ConnectionHandler(
    EngineServices services, ConnectionTable table, HandshakeTurns turns, ApprovalDesk approvals, ReleaseGates gates, AuditTrail audit,
    ITlsHandshaker tls, InvitationBook? invitations)
{
    private readonly ILogger _logger = services.Logger;

    /// <summary>Serves a connection to its end. Does not throw.</summary>
    public async Task ServeAsync(Connection connection)
    {
        IPEndPoint peer = connection.Peer.RemoteEndPoint;
        using HandshakeTurns.Turn turn = turns.Enter(
            connection.Sources, () => services.Loop.Post(() => connection.Abort(Outcome.Overloaded, ConnectionTable.OverloadedText)));
        try
        {
            await ServeAsync(connection, peer, turn).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (connection.AbortCause is { } abort)
        {
            if (abort.Outcome != Outcome.ServerStopping && audit.Tells(connection, abort.Outcome))
            {
                LogAborted(peer, abort.Text);
            }

            End(connection, abort.Outcome);
        }
        catch (ProtocolException e)
        {
            LogLevel level = e.IsSilent ? LogLevel.Debug : LogLevel.Warning;
            if (audit.Tells(connection, e.Outcome, level))
            {
                LogProtocol(level, peer, e.Message);
            }

            audit.End(connection, e.Outcome, e.Message);
        }
        catch (TlsHandshakeException e)
        {
            if (audit.Tells(connection, Outcome.HandshakeFailed))
            {
                LogHandshakeFailed(peer, e.Message);
            }

            End(connection, Outcome.HandshakeFailed, e.Message);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            if (audit.Tells(connection, Outcome.PeerGone))
            {
                LogBroken(peer, e.Message);
            }

            End(connection, Outcome.PeerGone, e.Message);
        }
        catch (Exception e)
        {
            // Whatever a peer provokes ends its own connection alone
            if (audit.Tells(connection, Outcome.UnexpectedError))
            {
                LogUnexpected(peer, e);
            }

            audit.End(connection, Outcome.UnexpectedError, e.GetType().Name);
        }
        finally
        {
            try
            {
                connection.Peer.Dispose();
            }
            finally
            {
                services.Loop.Post(table.Leave, connection);
            }
        }
    }

    private async Task ServeAsync(Connection connection, IPEndPoint peer, HandshakeTurns.Turn turn)
    {
        await turn.TakeAsync(connection.Aborted).ConfigureAwait(false);
        connection.Enter(ConnectionPhase.FirstLine);
        LogConnected(peer);
        Stream stream = new TurnStream(gates.Any ? new GateStream(connection.Peer.Stream, connection, gates) : connection.Peer.Stream, turn);
        (byte[]? line, byte[] rest) =
            await FirstLine.ReadAsync(stream, takesTls: invitations?.IsAwaiting == true, connection.Aborted).ConfigureAwait(false);
        if (line is null)
        {
            await ServeInvitedAsync(invitations!, connection, new PrefixedStream(rest, stream), turn).ConfigureAwait(false);
            return;
        }

        if (!FirstLine.IsSupported(line))
        {
            string shown = FirstLine.Show(line);
            if (audit.Tells(connection, Outcome.BadFirstLine))
            {
                LogUnknownVersion(peer, shown);
            }

            audit.End(connection, Outcome.BadFirstLine, shown);
            return;
        }

        connection.Enter(ConnectionPhase.Handshake);
        Stream from = rest.Length == 0 ? stream : new PrefixedStream(rest, stream);
        using ITlsSession session = await HandshakeAsync(() => tls.HandshakeAsync(from, connection.Aborted)).ConfigureAwait(false);
        turn.Dispose();
        LogHandshake(peer, session.Description);

        connection.Enter(ConnectionPhase.Deciding);
        string keyId = PeerIdentity.Of(session.PeerKey);
        connection.KeyId = keyId;
        OpenRequest? request = await services.Loop.InvokeAsync(() =>
        {
            // It may have given way, or the server may have begun to stop, while it was on its way here.
            connection.Aborted.ThrowIfCancellationRequested();
            OpenRequest? opened = approvals.Open(keyId, peer);
            if (opened is not null)
            {
                (connection.Request, connection.ClientName) = (opened, opened.Client.Name);
                (opened.IsAtGates, opened.OnAbort) = (gates.Any, connection.AbortSend);
                if (!opened.IsRefused && table.Authenticated(connection) is { Request: { } dropped } other)
                {
                    // First, so that whoever waits for the outcome finds why
                    table.GiveWay(other, $"client {opened.Client.Name} has too many connections, and it gave way to a newer one");
                    approvals.Abandon(dropped, Outcome.GaveWay);
                }
            }

            return opened;
        }).ConfigureAwait(false);

        bool isSent = false;
        if (request is null)
        {
            if (audit.Tells(connection, Outcome.UnknownKey, LogLevel.Information))
            {
                LogNotFound(keyId, peer.Address);
            }

            audit.End(connection, Outcome.UnknownKey);
        }
        else
        {
            RequestOutcome outcome = await WaitAsync(connection, session, request).ConfigureAwait(false);
            if (outcome.Outcome == Outcome.GaveWay)
            {
                connection.Aborted.ThrowIfCancellationRequested();
            }

            isSent = outcome.Secret is not null;
            if (outcome.Secret is { } secret
                && !await TrySendAsync(connection, session, request, secret).ConfigureAwait(false))
            {
                return;
            }

            audit.End(connection, outcome.Outcome, outcome.Detail);
        }

        await CloseAsync(connection, () => session.CloseAsync(connection.Aborted), isSent).ConfigureAwait(false);
    }

    private async Task<T> HandshakeAsync<T>(Func<ValueTask<T>> handshake)
    {
        TimeSpan start = services.Clock.Now;
        bool isDone = false;
        try
        {
            T session = await handshake().ConfigureAwait(false);
            isDone = true;
            return session;
        }
        finally
        {
            services.Meter.HandshakeEnded(isDone, services.Clock.Now - start);
        }
    }

    /// <summary>Waits until the request is decided, or the peer is gone.</summary>
    /// <returns>The outcome; with a secret if it may go out now.</returns>
    private async Task<RequestOutcome> WaitAsync(Connection connection, ITlsSession session, OpenRequest request)
    {
        if (!request.Outcome.IsCompleted)
        {
            connection.Enter(ConnectionPhase.Held);
            using var decided = CancellationTokenSource.CreateLinkedTokenSource(connection.Aborted);
            Task<Outcome> peerGone = WaitForPeerCloseAsync(connection, session, decided.Token);
            if (await Task.WhenAny(request.Outcome, peerGone).ConfigureAwait(false) == peerGone)
            {
                Outcome reason = await peerGone.ConfigureAwait(false);
                services.Loop.Post(() => approvals.Abandon(request, reason));
            }

            await decided.CancelAsync().ConfigureAwait(false);
            await peerGone.ConfigureAwait(false);
        }

        RequestOutcome outcome = await request.Outcome.ConfigureAwait(false);
        if (outcome.Secret is null)
        {
            return outcome;
        }

        bool wasHeld = connection.Phase == ConnectionPhase.Held;
        connection.Enter(ConnectionPhase.Sending);
        if (wasHeld)
        {
            services.Loop.Post(table.Watch, connection);
        }

        return gates.Any ? await PassGatesAsync(connection, request, outcome).ConfigureAwait(false) : outcome;
    }

    /// <summary>Ends when the peer is gone, the connection is aborted, or waiting is over. Does not throw.</summary>
    /// <returns>What the end means for the request, if that is not decided.</returns>
    private async Task<Outcome> WaitForPeerCloseAsync(
        Connection connection, ITlsSession session, CancellationToken cancellationToken)
    {
        try
        {
            await session.WaitForPeerCloseAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // All of them end the wait.
        }
        catch (Exception e)
        {
            // A fault ends the wait too: the request behind it has to be settled, or its secret and its count leak
            LogUnexpected(connection.Peer.RemoteEndPoint, e);
            return Outcome.UnexpectedError;
        }

        return Outcome.PeerGone;
    }

    /// <summary>Asks all that has to agree before a secret is sent, and then looks again whether the client may have it.</summary>
    /// <returns>What becomes of the request then: much may have happened meanwhile.</returns>
    private async Task<RequestOutcome> PassGatesAsync(Connection connection, OpenRequest request, RequestOutcome granted)
    {
        granted.Secret?.Dispose();
        bool isOver = false;
        try
        {
            GateRefusal? refusal = await gates.AskAsync(connection, granted.Outcome).ConfigureAwait(false);
            if (refusal is null)
            {
                RequestOutcome outcome =
                    await services.Loop.InvokeAsync(() => approvals.Confirm(request, granted.Outcome)).ConfigureAwait(false);
                refusal = outcome.Secret is null ? null : gates.LookAgain(connection, granted.Outcome);
                if (refusal is null)
                {
                    isOver = true;
                    return outcome;
                }

                outcome.Secret?.Dispose();
            }

            return new RequestOutcome(null, refusal.Outcome, refusal.Detail);
        }
        finally
        {
            if (!isOver)
            {
                services.Loop.Post(() => approvals.Finish(request, sent: false));
            }
        }
    }

    /// <returns>False if the connection is of no more use; that is logged.</returns>
    private async Task<bool> TrySendAsync(Connection connection, ITlsSession session, OpenRequest request, Secret.Lease secret)
    {
        bool sent = false;
        try
        {
            using (secret)
            {
                connection.Aborted.ThrowIfCancellationRequested();
                await session.WriteAsync(secret.Memory, connection.Aborted).ConfigureAwait(false);
            }

            sent = true;
            connection.Release = null;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException
            || (e is OperationCanceledException && connection.AbortCause is not null))
        {
            LogNotSent(connection.Peer.RemoteEndPoint, request.Client.Name, connection.AbortCause?.Text ?? e.Message);
            End(connection, Outcome.SendFailed, e.Message);
        }
        finally
        {
            if (!sent)
            {
                connection.Peer.Reset(); // nobody may take a part of a secret for all of it
            }

            services.Loop.Post(() => approvals.Finish(request, sent));
        }

        return sent;
    }

    /// <summary>Tells the audit why a connection broke: if the server broke it, that is the reason, whatever showed it.</summary>
    private void End(Connection connection, Outcome reason, string? detail = null)
    {
        if (connection.AbortCause is { } abort)
        {
            (reason, detail) = (abort.Outcome, abort.Outcome is Outcome.TimedOut or Outcome.SendAborted ? abort.Text : null);
        }

        audit.End(connection, reason, detail);
    }

    /// <summary>Ends an exchange so that nothing sent is lost: close_notify, end of sending, then a short wait for the peer to close.</summary>
    private async Task CloseAsync(Connection connection, Func<ValueTask> closeTls, bool isSent)
    {
        connection.Enter(isSent ? ConnectionPhase.Closing : ConnectionPhase.Refused);
        services.Loop.Post(isSent ? table.Watch : table.Refused, connection);
        try
        {
            await closeTls().ConfigureAwait(false);
            connection.Peer.ShutdownSend();
            await DrainAsync(connection.Peer.Stream, connection.Aborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
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
