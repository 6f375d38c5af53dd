using System.Security.Cryptography;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Keys;

/// <summary>
/// An RSA key, for RSA-PSS only: TLS 1.3 takes no PKCS #1 signatures of handshakes. Verified by .NET, because BouncyCastle
/// would test the modulus for primality, which costs a stranger nothing and us seconds.
/// </summary>
/// <param name="modulus">The modulus, most significant byte first, without leading zeros.</param>
/// <param name="exponent">The public exponent, likewise.</param>
/// <param name="isPssKey">Whether the key says that it is for RSA-PSS alone (RFC 4055), which has schemes of its own.</param>
/// <param name="pssHash">The hash to which such a key restricts itself; null if it leaves the choice.</param>
internal sealed class RsaKey(byte[] modulus, byte[] exponent, bool isPssKey, HashAlgorithmName? pssHash) : VerificationKey
{
    public override string Name => $"RSA{(isPssKey ? "-PSS" : "")} {modulus.Length * 8}";

    public override bool Fits(int signatureScheme) =>
        Hash(signatureScheme) is { } hash && (pssHash is null || pssHash == hash);

    public override bool Verify(int signatureScheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            using RSA key = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
            return key.VerifyData(data, signature, Hash(signatureScheme)!.Value, RSASignaturePadding.Pss);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private HashAlgorithmName? Hash(int signatureScheme) => (signatureScheme, isPssKey) switch
    {
        (SignatureScheme.rsa_pss_rsae_sha256, false) or (SignatureScheme.rsa_pss_pss_sha256, true) => HashAlgorithmName.SHA256,
        (SignatureScheme.rsa_pss_rsae_sha384, false) or (SignatureScheme.rsa_pss_pss_sha384, true) => HashAlgorithmName.SHA384,
        (SignatureScheme.rsa_pss_rsae_sha512, false) or (SignatureScheme.rsa_pss_pss_sha512, true) => HashAlgorithmName.SHA512,
        _ => null,
    };
}
