using System.Security.Cryptography;

namespace Mandos.TlsBouncy.Keys;

/// <summary>A curve, and what TLS 1.3 binds to it.</summary>
internal sealed record EcdsaCurve(string Name, ECCurve Curve, int CoordinateBytes, int SignatureScheme)
{
    public static EcdsaCurve P256 { get; } = new("ECDSA P-256", ECCurve.NamedCurves.nistP256, 32,
        Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp256r1_sha256);

    public static EcdsaCurve P384 { get; } = new("ECDSA P-384", ECCurve.NamedCurves.nistP384, 48,
        Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp384r1_sha384);

    public static EcdsaCurve P521 { get; } = new("ECDSA P-521", ECCurve.NamedCurves.nistP521, 66,
        Org.BouncyCastle.Tls.SignatureScheme.ecdsa_secp521r1_sha512);
}
