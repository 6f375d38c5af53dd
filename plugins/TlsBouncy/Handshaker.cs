using System.Buffers;
using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.Limits;
using Mandos.TlsBouncy.Priority;
using Mandos.TlsBouncy.Sessions;
using Mandos.TlsBouncy.WarmingUp;
using Microsoft.Extensions.Logging;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy;

/// <summary>Makes handshakes over asynchronous streams with BouncyCastle's non-blocking interface.</summary>
/// <param name="policy">What to offer.</param>
/// <param name="crypto">Shared by all connections.</param>
/// <param name="logger">The plugin's log.</param>
/// <param name="timeProvider">Measures the warming up.</param>
internal sealed partial class Handshaker(
    HandshakePolicy policy, HandshakeCrypto crypto, ILogger logger, TimeProvider timeProvider) : ITlsHandshaker
{
    private readonly ILogger _logger = logger;

    /// <summary>A whole exchange for each kind of raw key that mandos-keygen makes; those with OpenPGP keys differ little.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        HandshakePolicy rehearsed = policy with { TakesRawKeys = true };
        foreach (RehearsalKey key in RehearsalKey.For(rehearsed))
        {
            Stream peer = new RehearsalPeer(crypto, key, rehearsed);
            await using (peer.ConfigureAwait(false))
            {
                using ITlsSession session =
                    await HandshakeAsync(peer, rehearsed, trace: null, cancellationToken).ConfigureAwait(false);
                await session.WriteAsync(new byte[1024], cancellationToken).ConfigureAwait(false);
                await session.CloseAsync(cancellationToken).ConfigureAwait(false);
                await session.WaitForPeerCloseAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        LogWarm(timeProvider.GetElapsedTime(start).TotalMilliseconds);
    }

    public ValueTask<ITlsSession> HandshakeAsync(Stream stream, CancellationToken cancellationToken)
        => HandshakeAsync(stream, policy, HandshakeTrace.Begin(_logger), cancellationToken);

    private async ValueTask<ITlsSession> HandshakeAsync(
        Stream stream, HandshakePolicy offered, HandshakeTrace? trace, CancellationToken cancellationToken)
    {
        HandshakeClient client = new(offered.TakesOpenPgpKeys ? crypto.ForOpenPgp(timeProvider) : crypto, offered, trace);
        HandshakeProtocol protocol = new(client, trace);
        try
        {
            (int received, int bytesAfter) = await HandshakeAsync(stream, protocol, client, cancellationToken).ConfigureAwait(false);
            trace?.Completed(client.Description, received - bytesAfter);
            return new BouncySession(stream, protocol, client, bytesAfter);
        }
        catch (Exception e)
        {
            trace?.Failed(e);
            protocol.Forget();
            if (e is TlsHandshakeException)
            {
                await SendAlertAsync(stream, protocol, cancellationToken).ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <returns>How many bytes the peer has sent, and how many of these go beyond its part of the handshake.</returns>
    private async ValueTask<(int Received, int Left)> HandshakeAsync(
        Stream stream, TlsClientProtocol protocol, HandshakeClient client, CancellationToken cancellationToken)
    {
        protocol.Connect(client);
        await RecordOutput.SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);

        RecordBoundaries boundaries = default;
        int received = 0;
        int left = 0;
        while (!client.IsComplete)
        {
            // Wait without a buffer.
            await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(TlsLimits.ReadBytes);
            try
            {
                Memory<byte> space = buffer.AsMemory(0, TlsLimits.ReadBytes);
                int count = await stream.ReadAsync(space, cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    throw new EndOfStreamException("the peer closed the connection before the TLS handshake was complete");
                }

                received += count;
                if (received > TlsLimits.HandshakeBytes)
                {
                    throw Endless();
                }

                left = Offer(protocol, client, ref boundaries, buffer, count);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            await RecordOutput.SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
        }

        return (received, left);
    }

    /// <summary>Offers record by record, until the handshake is complete.</summary>
    /// <returns>How many bytes are left after its end.</returns>
    private int Offer(
        TlsClientProtocol protocol, HandshakeClient client, ref RecordBoundaries boundaries, byte[] buffer, int count)
    {
        int offset = 0;
        try
        {
            while (offset < count && !client.IsComplete)
            {
                int taken = boundaries.Take(buffer.AsSpan(offset, count - offset));
                if (boundaries.Count > TlsLimits.HandshakeRecords)
                {
                    throw Endless();
                }

                protocol.OfferInput(buffer, offset, taken);
                offset += taken;
            }
        }
        catch (Exception e) when (e is not TlsHandshakeException)
        {
            // Whatever a peer makes BouncyCastle throw is the peer's doing.
            throw HandshakeFailure.From(e, policy, client.Choice);
        }

        return count - offset;
    }

    private static TlsHandshakeException Endless() => new(
        $"the peer sent more than {TlsLimits.HandshakeBytes} bytes or {TlsLimits.HandshakeRecords} records "
        + "without completing the handshake: it is no mandos-client");

    /// <summary>Tells the peer why, if it still listens.</summary>
    private static async ValueTask SendAlertAsync(Stream stream, TlsClientProtocol protocol, CancellationToken cancellationToken)
    {
        try
        {
            await RecordOutput.SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The failure to report is the one before.
        }
    }
}
