using Mandos.Abstractions.Tls;
using Mandos.TestKit;
using Mandos.TestKit.Peers;
using Org.BouncyCastle.Tls;

namespace TlsBouncy.Tests.Hostile;

/// <summary>A connection to a peer within the test: it answers at once, but its bytes can be damaged on the way.</summary>
internal sealed class ScriptedPeer : ConnectionStream
{
    private readonly TlsServerProtocol _protocol = new();
    private int _sent;

    public ScriptedPeer(PeerOptions options) => _protocol.Accept(new RawKeyServer(options));

    /// <summary>After how many bytes it closes the connection.</summary>
    public int CutAt { get; init; } = int.MaxValue;

    /// <summary>Which byte is damaged.</summary>
    public int FlipAt { get; init; } = -1;

    /// <summary>Which bit of it.</summary>
    public int FlipBit { get; init; }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return new(0);
        }

        byte[] bytes = new byte[Math.Min(buffer.Length, Math.Min(_protocol.GetAvailableOutputBytes(), CutAt - _sent))];
        _protocol.ReadOutput(bytes, 0, bytes.Length);
        if (FlipAt >= _sent && FlipAt < _sent + bytes.Length)
        {
            bytes[FlipAt - _sent] ^= (byte)(1 << FlipBit);
        }

        bytes.CopyTo(buffer);
        _sent += bytes.Length;
        return new(bytes.Length);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            _protocol.OfferInput(buffer.ToArray());
        }
        catch (TlsException)
        {
            // It hears of its own damage.
        }

        return default;
    }

    /// <summary>How many bytes the peer sends in a handshake.</summary>
    public async Task<int> LengthAsync(ITlsHandshaker handshaker)
    {
        using ITlsSession session = await handshaker.HandshakeAsync(this, CancellationToken.None);
        return _sent;
    }
}
