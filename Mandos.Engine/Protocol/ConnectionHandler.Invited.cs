using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mandos.Engine.Invitations;
using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>Serves a machine that has been invited to become a client.</summary>
internal sealed partial class ConnectionHandler
{
    /// <summary>Makes the handshake, takes what an invited machine sends, and answers in one line. Nothing else is read of one without a good token.</summary>
    private async Task ServeInvitedAsync(InvitationBook invitations, Connection connection, Stream stream, HandshakeTurns.Turn turn)
    {
        IPEndPoint peer = connection.Peer.RemoteEndPoint;
        connection.Enter(ConnectionPhase.Handshake);
        var limited = new LimitedStream(stream, ProtocolLimits.InvitedBytes);
        Stream tls = await HandshakeAsync(() => invitations.Tls.HandshakeAsync(limited, connection.Aborted)).ConfigureAwait(false);
        await using (tls.ConfigureAwait(false))
        {
            Arrival arrival = await TakeAsync(invitations, connection, tls, turn).ConfigureAwait(false);
            bool isTaken = arrival.Outcome == Outcome.InvitationTaken;
            if (isTaken)
            {
                LogInvitedTaken(peer, connection.ClientName!, arrival.Text);
            }
            else if (audit.Tells(connection, arrival.Outcome))
            {
                LogInvitedRefused(peer, arrival.Text);
            }

            audit.End(connection, arrival.Outcome, arrival.Text);
            connection.Enter(ConnectionPhase.Sending);
            string line = isTaken ? $"taken, {arrival.Text}: on the server, mandos-ctl --accept {connection.ClientName} makes it a client" : $"refused: {arrival.Text}";
            await tls.WriteAsync(Encoding.UTF8.GetBytes(line.ReplaceLineEndings(" ") + "\n"), connection.Aborted).ConfigureAwait(false);
            await CloseAsync(connection, () => invitations.Tls.ShutdownAsync(tls), isSent: isTaken).ConfigureAwait(false);
        }
    }

    private static async Task<Arrival> TakeAsync(InvitationBook invitations, Connection connection, Stream tls, HandshakeTurns.Turn turn)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(InvitedMessage.FirstBytes, pinned: true); // strangers get no more
        try
        {
            int length = 0;
            bool isKnown = false;
            while (true)
            {
                InvitedMessage message = InvitedMessage.Read(buffer.AsMemory(0, length));
                if (!isKnown && message.Token is { } token)
                {
                    (string? name, string? fault) = invitations.Judge(token.Span);
                    if (name is null)
                    {
                        return new Arrival(Outcome.BadInvitation, fault!);
                    }

                    (isKnown, connection.ClientName) = (true, name);
                    byte[] whole = GC.AllocateUninitializedArray<byte>(InvitedMessage.MostBytes, pinned: true);
                    buffer.AsSpan(0, length).CopyTo(whole);
                    CryptographicOperations.ZeroMemory(buffer);
                    buffer = whole;
                    message = InvitedMessage.Read(buffer.AsMemory(0, length));
                }

                if (message.Fault is { } problem)
                {
                    return isKnown ? Refuse(problem) : new Arrival(Outcome.BadInvitation, problem);
                }

                if (message.Section is { } section)
                {
                    turn.Dispose(); // what comes now waits for others, and for the disk
                    connection.Enter(ConnectionPhase.Deciding);
                    return await invitations.TakeAsync(message.Token!.Value, section, connection.Peer.RemoteEndPoint.Address, connection.Aborted).ConfigureAwait(false);
                }

                int read = await tls.ReadAsync(buffer.AsMemory(length), connection.Aborted).ConfigureAwait(false);
                if (read == 0)
                {
                    return isKnown
                        ? Refuse("the section was cut off: the line “end” has to follow it")
                        : throw new ProtocolException(Outcome.PeerGone, "the peer closed without sending a token") { IsSilent = length == 0 };
                }

                length += read;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }

        Arrival Refuse(string problem)
        {
            invitations.NoteRefused(connection.ClientName!);
            return new Arrival(Outcome.InvitedSectionRefused, problem);
        }
    }
}
