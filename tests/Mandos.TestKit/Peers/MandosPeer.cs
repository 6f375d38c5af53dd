using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Tls;

namespace Mandos.TestKit.Peers;

/// <summary>A Mandos client within the process: it fetches its secret as mandos-client does. Thousands can run at once.</summary>
public static class MandosPeer
{
    private const int BufferBytes = 4096;

    /// <summary>Connects, fetches the secret and closes.</summary>
    /// <param name="server">The Mandos server.</param>
    /// <param name="options">The peer's key and its ways in TLS.</param>
    /// <param name="cancellationToken">Gives up and closes.</param>
    public static async Task<PeerOutcome> FetchAsync(EndPoint server, PeerOptions options, CancellationToken cancellationToken)
    {
        using Socket socket = new(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            return new PeerOutcome([], PeerEnding.Broken, e.Message);
        }

        NetworkStream stream = new(socket);
        await using (stream.ConfigureAwait(false))
        {
            return await FetchAsync(stream, options, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Fetches the secret over a connection.</summary>
    public static async Task<PeerOutcome> FetchAsync(Stream stream, PeerOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync("1\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return new PeerOutcome([], PeerEnding.Broken, e.Message);
        }

        return await ServeAsync(stream, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does the TLS part alone: serves a handshake and receives until the other side ends.</summary>
    public static Task<PeerOutcome> ServeAsync(Stream stream, PeerOptions options, CancellationToken cancellationToken)
        => ServeAsync(stream, new RawKeyServer(options), CreateProtocol(options), cancellationToken);

    /// <summary>The protocol that goes with options.</summary>
    public static TlsServerProtocol CreateProtocol(PeerOptions options)
        => options.OpenPgpMessage is { } message ? new OpenPgpServerProtocol(message) : new TlsServerProtocol();

    /// <summary>Does the TLS part alone, with a server or protocol of your own, which may misbehave.</summary>
    public static async Task<PeerOutcome> ServeAsync(
        Stream stream, RawKeyServer server, TlsServerProtocol protocol, CancellationToken cancellationToken)
    {
        protocol.Accept(server);
        ArrayBufferWriter<byte> secret = new();
        try
        {
            while (!server.IsNotifiedOfClose)
            {
                await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                try
                {
                    int count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                    if (count == 0)
                    {
                        return new PeerOutcome(secret.WrittenSpan.ToArray(),
                            server.IsComplete ? PeerEnding.Closed : PeerEnding.ClosedInHandshake);
                    }

                    protocol.OfferInput(buffer, 0, count);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }

                if (protocol.GetAvailableInputBytes() is > 0 and int received)
                {
                    byte[] data = new byte[received];
                    protocol.ReadInput(data, 0, received);
                    secret.Write(data);
                }

                await SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
            }

            return new PeerOutcome(secret.WrittenSpan.ToArray(), PeerEnding.CloseNotify);
        }
        catch (TlsFatalAlertReceived e)
        {
            return new PeerOutcome(secret.WrittenSpan.ToArray(), PeerEnding.Alert, AlertDescription.GetText(e.AlertDescription));
        }
        catch (TlsFatalAlert e)
        {
            await SendAlertAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
            return new PeerOutcome(secret.WrittenSpan.ToArray(), PeerEnding.TlsFault, e.Message);
        }
        catch (IOException e)
        {
            // A server that has sent all and goes away does not wait for the close_notify with which TLS answers.
            return new PeerOutcome(secret.WrittenSpan.ToArray(),
                server.IsNotifiedOfClose ? PeerEnding.CloseNotify : PeerEnding.Broken, e.Message);
        }
    }

    private static async ValueTask SendAlertAsync(TlsServerProtocol protocol, Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The other side has gone, and the fault before is what matters.
        }
    }

    private static async ValueTask SendAsync(TlsServerProtocol protocol, Stream stream, CancellationToken cancellationToken)
    {
        if (protocol.GetAvailableOutputBytes() is > 0 and int count)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
            try
            {
                protocol.ReadOutput(buffer, 0, count);
                await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
