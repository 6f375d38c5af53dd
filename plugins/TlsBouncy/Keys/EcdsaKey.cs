using System.Security.Cryptography;

namespace Mandos.TlsBouncy.Keys;

/// <summary>A key on one of the NIST curves, each of which TLS 1.3 binds to one scheme. Verified by .NET.</summary>
internal sealed class EcdsaKey(EcdsaCurve curve, ReadOnlyMemory<byte> point) : VerificationKey
{
    public override string Name => curve.Name;

    public override bool Fits(int signatureScheme) => signatureScheme == curve.SignatureScheme;

    public override bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        int half = point.Length / 2;
        ECParameters parameters = new()
        {
            Curve = curve.Curve,
            Q = new ECPoint { X = point[1..(1 + half)].ToArray(), Y = point[(1 + half)..].ToArray() },
        };
        try
        {
            // A point that is not on the curve is refused here.
            using ECDsa key = ECDsa.Create(parameters);
            return key.VerifyData(data, signature, curve.Hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
