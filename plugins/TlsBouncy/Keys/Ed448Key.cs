using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>An Ed448 key (RFC 8032).</summary>
internal sealed class Ed448Key(ReadOnlyMemory<byte> point) : VerificationKey
{
    public override string Name => "Ed448";

    public override bool Fits(int signatureScheme) => signatureScheme == SignatureScheme.ed448;

    public override bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        => signature.Length == Ed448.SignatureSize && Ed448.Verify(signature, point.Span, [], data);
}
