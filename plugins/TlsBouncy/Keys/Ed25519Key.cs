using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>An Ed25519 key (RFC 8032).</summary>
internal sealed class Ed25519Key(ReadOnlyMemory<byte> point) : VerificationKey
{
    public override string Name => "Ed25519";

    public override bool Fits(int signatureScheme) => signatureScheme == SignatureScheme.ed25519;

    public override bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        => signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature, point.Span, data);
}
