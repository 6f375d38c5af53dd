using System.Security.Cryptography;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>A key on one of the NIST curves, verified by .NET.</summary>
/// <remarks>TLS 1.3 binds each curve to one scheme; before, any hash went with any curve.</remarks>
internal sealed class EcdsaKey(EcdsaCurve curve, ReadOnlyMemory<byte> point) : VerificationKey
{
    public override string Name => curve.Name;

    public override bool Fits(int signatureScheme) => signatureScheme == curve.SignatureScheme;

    public override bool FitsTls12(int signatureScheme) => Hash(signatureScheme) is not null;

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
            return key.VerifyData(data, signature, Hash(signatureScheme)!.Value, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static HashAlgorithmName? Hash(int signatureScheme) => signatureScheme switch
    {
        SignatureScheme.ecdsa_sha1 => HashAlgorithmName.SHA1,
        SignatureScheme.ecdsa_secp256r1_sha256 => HashAlgorithmName.SHA256,
        SignatureScheme.ecdsa_secp384r1_sha384 => HashAlgorithmName.SHA384,
        SignatureScheme.ecdsa_secp521r1_sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };
}
