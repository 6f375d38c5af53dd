using System.Runtime.InteropServices;
using Mandos.TestKit;
using Mandos.TestKit.Peers;
using Org.BouncyCastle.Tls;

namespace Mandos.Bench.Handshakes;

/// <summary>A connection to a peer that answers at once, within the call that writes to it.</summary>
internal sealed class PeerStream : ConnectionStream
{
    private readonly TlsServerProtocol _protocol;

    public PeerStream(PeerOptions options)
    {
        _protocol = MandosPeer.CreateProtocol(options);
        _protocol.Accept(new RawKeyServer(options));
    }

    /// <summary>What the peer has used.</summary>
    public Cost PeersPart { get; private set; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ArraySegment<byte> array = Array(buffer);
        return new(_protocol.ReadOutput(array.Array!, array.Offset, array.Count));
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Cost start = Cost.Now();
        if (!_protocol.IsClosed)
        {
            ArraySegment<byte> array = Array(buffer);
            _protocol.OfferInput(array.Array!, array.Offset, array.Count);
        }

        PeersPart += Cost.Now() - start;
        return default;
    }

    /// <summary>BouncyCastle takes arrays only, and the handshaker's buffers are such.</summary>
    private static ArraySegment<byte> Array(ReadOnlyMemory<byte> buffer)
        => MemoryMarshal.TryGetArray(buffer, out ArraySegment<byte> array) ? array : throw new NotSupportedException();
}
