using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TlsBouncy.WarmingUp;

/// <summary>A connection to a peer within the process, which answers each write at once.</summary>
internal sealed class RehearsalPeer : Stream
{
    private readonly TlsServerProtocol _protocol = new();

    public RehearsalPeer(BcTlsCrypto crypto, RehearsalKey key, HandshakePolicy policy)
        => _protocol.Accept(new RehearsalServer(crypto, key, policy));

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => _protocol.ReadOutput(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (!_protocol.IsClosed)
        {
            _protocol.OfferInput(buffer, offset, count);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
