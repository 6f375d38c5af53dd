using System.Buffers;
using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.Limits;

namespace Mandos.TlsBouncy.Sessions;

/// <summary>A connection after the handshake. It only sends: nothing that the peer sends is decrypted or kept.</summary>
/// <param name="stream">The connection.</param>
/// <param name="protocol">BouncyCastle's part, its handshake complete.</param>
/// <param name="client">What was agreed on.</param>
/// <param name="bytesAfterHandshake">Bytes that the peer has sent since.</param>
internal sealed class BouncySession(
    Stream stream, HandshakeProtocol protocol, HandshakeClient client, int bytesAfterHandshake)
    : ITlsSession
{
    private int _bytesDropped = bytesAfterHandshake;

    public PeerKey PeerKey { get; } = client.PeerKey;

    public string Description { get; } = client.Description;

    public async ValueTask WaitForPeerCloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (_bytesDropped <= TlsLimits.BytesAfterHandshake)
            {
                // Wait without a buffer.
                await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(TlsLimits.ReadBytes);
                try
                {
                    int count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                    if (count == 0)
                    {
                        return;
                    }

                    _bytesDropped += count;
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        catch (IOException)
        {
            // Broken, and so closed.
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        while (!data.IsEmpty)
        {
            int count = Math.Min(data.Length, TlsLimits.WriteBytes);
            protocol.WriteApplicationData(data.Span[..count]);
            await RecordOutput.SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
            data = data[count..];
        }
    }

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        protocol.Close();
        await RecordOutput.SendAsync(protocol, stream, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => protocol.Forget();
}
